"""The spine: sockets, Redis Streams and the vocabulary of events. It knows nothing of models."""
