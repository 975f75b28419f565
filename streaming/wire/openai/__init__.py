"""OpenAI's shapes: requests in, answers and errors out. Pure."""
