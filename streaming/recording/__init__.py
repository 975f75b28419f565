"""The recorder: from a session's sound and log in Redis into the archive."""
