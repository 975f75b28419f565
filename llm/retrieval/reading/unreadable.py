"""What a reader raises."""


class Unreadable(Exception):
    """This file cannot become a document: why, in a few words that say what to do where something can be done."""
