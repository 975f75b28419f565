"""Retrieval: documents become a versioned index of passages, and a question finds the passages that may answer it."""
