"""AssemblyAI's dialect of live speech: `/v3/ws`."""
