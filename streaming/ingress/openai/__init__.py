"""OpenAI's API: chat completions, audio, moderations, models and Realtime, each the same spine as a session."""
