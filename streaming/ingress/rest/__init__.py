"""What was recorded, over HTTP: lists, transcripts, sound, search, notes. `/v1/openapi.json` describes all of it."""
