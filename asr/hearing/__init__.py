"""From sound to what a model sees of it, and where the voice is."""
