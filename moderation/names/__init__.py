"""Names of people: where in a text they may be, what found them, and what is masked."""
