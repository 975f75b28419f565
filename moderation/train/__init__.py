"""How the moderation heads are made: rows, their sources, the fit, and the card. Not needed to serve."""
