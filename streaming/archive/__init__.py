"""What was kept of recorded sessions: written by the recorder, read by replay, search and export."""
