"""OpenAI's Realtime dialect: events of a client in, effects and events out, whatever carries them. See `realtime`."""
