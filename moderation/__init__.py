"""The moderator: the only writer of what was said or answered; rules and personal data, decided before."""
