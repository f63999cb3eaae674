from datetime import UTC, datetime, timedelta

from notifications.contract.health import HealthFigures, health_figures
from tests.contract.shapes import written


def test_the_oldest_due_work_and_its_age_are_told() -> None:
    due = datetime(2026, 8, 3, 7, tzinfo=UTC)
    told = written(health_figures(healthy=True, oldest_due=due, behind=timedelta(seconds=61.6)), HealthFigures)
    assert told == {"status": "Healthy", "oldestDue": "2026-08-03T07:00:00Z", "secondsBehind": 62}


def test_nothing_due_is_left_out() -> None:
    told = written(health_figures(healthy=False, oldest_due=None, behind=timedelta()), HealthFigures)
    assert told == {"status": "Unhealthy", "secondsBehind": 0}
