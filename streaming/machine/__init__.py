"""What is on this machine: the home folder, models by hash, the Redis-compatible server of our own."""
