"""`vivavoce transcribe` and `vivavoce chat`: clients of a running server, in the terminal."""
