"""Deepgram's dialects of live speech: `/v1/listen`, and Flux, `/v2/listen`."""
