"""Genesys AudioHook, version 2: a call's sound as binary frames, and what was heard told back as entities."""
