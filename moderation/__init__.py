"""The moderator: the only writer of what was said or answered. Rules and personal data, decided before it is shown."""
