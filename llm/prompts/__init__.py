"""Prompts as named, versioned templates: those that come with the service, and the operator's own."""
