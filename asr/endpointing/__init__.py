"""When a speaker is done: by silence, and by what the voice sounds like."""
