"""What a person at a terminal is told when the command cannot do what they asked."""

from typing import cast


class Refusal(Exception):
    """An error that can be expected: its message is one line that says what to do. It ends in `exit_code`."""

    exit_code = 1


class Usage(Refusal):
    """It was asked for wrongly."""

    exit_code = 2


def refusal_in(wrong: BaseException) -> Refusal | None:
    """The first refusal in `wrong`, which may be the bundle of a task group; None if there is none."""
    if isinstance(wrong, BaseExceptionGroup):
        group = cast(BaseExceptionGroup[BaseException], wrong)
        return next((found for one in group.exceptions if (found := refusal_in(one))), None)
    return wrong if isinstance(wrong, Refusal) else None
