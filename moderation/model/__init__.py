"""Moderation by trained heads on a sentence's vector: which windows of a text are due, and what is likely in them."""
