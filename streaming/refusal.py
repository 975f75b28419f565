"""What a person at a terminal is told when the command cannot do what they asked."""


class Refusal(Exception):
    """An error that can be expected: its message is one line that says what to do. It ends in `exit_code`."""

    exit_code = 1


class Usage(Refusal):
    """It was asked for wrongly."""

    exit_code = 2
