"""`vivavoce demo`: a telephone call of two parties, with documents to match, played through a service of its own."""
