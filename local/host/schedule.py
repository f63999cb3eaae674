"""NCRONTAB: the six-field schedules of timer triggers, read as the NCrontab library reads them."""

from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
# 29 February on one given weekday recurs within 40 years even across a century that is no leap year.
HORIZON_YEARS = 41


class ScheduleError(ValueError):
    """A schedule that cannot be read or that never comes; the text says which part and why."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field's range of values and, for months and weekdays, their English names in order."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    def parse(self, text: str) -> tuple[int, ...]:
        """All values that the field's expression allows, ascending: lists of `*`, `n`, `a-b`, each with `/step`."""
        values: set[int] = set()
        for part in text.split(","):
            values.update(self._part(part))
        return tuple(sorted(values))

    def _part(self, text: str) -> range:
        body, slash, step_text = text.partition("/")
        step = self._number(step_text, "step") if slash else 1
        if step < 1:
            raise ScheduleError(f"{self.name}: the step of {text!r} must be at least 1")
        first, last = self._bounds(body, open_ended=bool(slash))
        return range(first, last + 1, step)

    def _bounds(self, text: str, *, open_ended: bool) -> tuple[int, int]:
        if text == "*":
            return self.low, self.high
        left, dash, right = text.partition("-")
        first = self._value(left)
        if dash:
            # NCrontab swaps the ends of a range that is written backwards.
            return min(first, self._value(right)), max(first, self._value(right))
        return first, self.high if open_ended else first

    def _value(self, text: str) -> int:
        value = self._named(text) if self.names and text[:1].isalpha() else self._number(text, "value")
        if not self.low <= value <= self.high:
            raise ScheduleError(f"{self.name}: {value} is not between {self.low} and {self.high}")
        return value

    def _named(self, text: str) -> int:
        for index, name in enumerate(self.names):
            if name.lower().startswith(text.lower()):
                return self.low + index
        raise ScheduleError(f"{self.name}: {text!r} is not one of {', '.join(self.names)}")

    def _number(self, text: str, what: str) -> int:
        if not (text.isascii() and text.isdigit()):
            raise ScheduleError(f"{self.name}: {text!r} is not a {what}")
        return int(text)


FIELDS = (
    Field("seconds", 0, 59),
    Field("minutes", 0, 59),
    Field("hours", 0, 23),
    Field("days", 1, 31),
    Field("months", 1, 12, MONTHS),
    Field("weekdays", 0, 6, WEEKDAYS),
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a timer fires, in UTC; a day must fit both the day of month and the weekday, as NCrontab has it."""

    text: str
    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]

    @classmethod
    def parse(cls, text: str) -> "Schedule":
        """Read `{second} {minute} {hour} {day} {month} {weekday}`; five fields mean second 0. Raises ScheduleError."""
        parts = text.split()
        if len(parts) == len(FIELDS) - 1:
            parts.insert(0, "0")
        if len(parts) != len(FIELDS):
            raise ScheduleError(f"schedule {text!r} has {len(parts)} fields, not six")
        schedule = cls(text, *(field.parse(part) for field, part in zip(FIELDS, parts, strict=True)))
        schedule.next_after(datetime(2024, 1, 1, tzinfo=UTC))
        return schedule

    def next_after(self, moment: datetime) -> datetime:
        """The first second strictly after `moment` (aware) at which the timer fires, in UTC."""
        earliest = moment.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        for day in self._days_from(earliest.date()):
            floor = earliest.time() if day == earliest.date() else time()
            found = self._time_from(floor)
            if found is not None:
                return datetime.combine(day, found, UTC)
        raise ScheduleError(f"schedule {self.text!r} never comes")

    def _days_from(self, first: date) -> Iterator[date]:
        for year in range(first.year, min(first.year + HORIZON_YEARS, 9999) + 1):
            for month in self.months:
                if (year, month) >= (first.year, first.month):
                    yield from (day for day in self._days_of(year, month) if day >= first)

    def _days_of(self, year: int, month: int) -> Iterator[date]:
        for day in self.days[: bisect_right(self.days, monthrange(year, month)[1])]:
            candidate = date(year, month, day)
            if candidate.isoweekday() % 7 in self.weekdays:
                yield candidate

    def _time_from(self, floor: time) -> time | None:
        for hour in self.hours[bisect_left(self.hours, floor.hour) :]:
            low_minute = floor.minute if hour == floor.hour else 0
            for minute in self.minutes[bisect_left(self.minutes, low_minute) :]:
                same_minute = hour == floor.hour and minute == floor.minute
                second = bisect_left(self.seconds, floor.second if same_minute else 0)
                if second < len(self.seconds):
                    return time(hour, minute, self.seconds[second])
        return None
