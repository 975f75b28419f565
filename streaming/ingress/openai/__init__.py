"""OpenAI's REST API: chat completions, moderations and models, each the same spine as a session."""
