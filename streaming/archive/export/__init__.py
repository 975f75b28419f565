"""What was kept of a session, as people and programs want it: pure, without the archive that it comes from."""
