"""Deepgram Flux, `/v2/listen`: turns instead of results."""
