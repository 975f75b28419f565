"""Client dialects: pure translators between bytes or JSON of one kind of client and our vocabulary."""
