"""What the service tells its operators about itself (spec/README.md item 10)."""

from datetime import datetime, timedelta
from typing import Literal, TypedDict

from notifications.contract.schemas import Timestamp
from notifications.contract.timestamps import write_timestamp


class HealthFigures(TypedDict):
    """Whether storage answers, since when the oldest due work waits, and how many seconds that is.

    `oldestDue` is left out when nothing is due.
    """

    status: Literal["Healthy", "Unhealthy"]
    oldestDue: Timestamp | None
    secondsBehind: int


def health_figures(*, healthy: bool, oldest_due: datetime | None, behind: timedelta) -> HealthFigures:
    """The answer to a caller who holds the key."""
    return {
        "status": "Healthy" if healthy else "Unhealthy",
        "oldestDue": write_timestamp(oldest_due) if oldest_due else None,
        "secondsBehind": round(behind.total_seconds()),
    }
