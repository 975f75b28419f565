"""Twilio Media Streams: a call's sound in JSON text frames, both its sides if they are asked for."""
