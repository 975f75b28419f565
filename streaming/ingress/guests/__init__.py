"""Clients of other dialects: sessions without credit or resuming, and what sends sound in shapes of its own."""
