"""The door that orders come through: so many at once, and the next is told to come again before any work is done."""

from datetime import timedelta

from notifications.contract import problems
from notifications.triggers.answers import Answered

_RETRY = timedelta(seconds=1)


class Door:
    """Counts who is inside."""

    def __init__(self, places: int) -> None:
        self._places = places

    def __enter__(self) -> None:
        if not self._places:
            raise Answered(problems.too_many_requests(_RETRY))
        self._places -= 1

    def __exit__(self, *_: object) -> None:
        self._places += 1
