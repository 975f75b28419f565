"""Flavours: the language models that may answer, and who of them does."""
