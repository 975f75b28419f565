"""Telephones: Twilio Media Streams and Genesys AudioHook."""
