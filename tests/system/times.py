"""Send times for orders: far enough away that nothing is sent while a test looks, or already past."""

from datetime import UTC, datetime, timedelta


def written(moment: datetime) -> str:
    """ISO 8601 in UTC with `Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def ahead(**time: float) -> datetime:
    """A moment that many `seconds`, `minutes`, `days`… from now, at a whole second."""
    return datetime.now(UTC).replace(microsecond=0) + timedelta(**time)


def in_an_hour() -> str:
    """A send time that nothing waits for."""
    return written(ahead(hours=1))
