"""The responder: a finished turn becomes a reply, streamed from a language model behind one HTTP client."""
