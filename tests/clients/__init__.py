"""Clients of others, unmodified, each in an environment of its own (`make test-clients`), against the real service."""
