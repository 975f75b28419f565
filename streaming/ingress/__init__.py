"""Where sound and text come in and events go out: thin shells around sockets."""
