"""Moderation by a guard model on a server: what it is asked, how its answer is read, and what happens without it."""
