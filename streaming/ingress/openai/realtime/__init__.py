"""OpenAI's Realtime dialect as a shell: its session driven whatever carries its events (`talk`), and its WebSocket."""
