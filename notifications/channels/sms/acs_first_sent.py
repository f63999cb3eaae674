"""The moment that a call to Communication Services names as its first attempt, `repeatabilityFirstSent`.

The service remembers a request id for five minutes and refuses a first attempt longer ago than that
(learn.microsoft.com/rest/api/communication/repeatable-requests). Whether a repeat must also name the same moment is not
documented, so all attempts that lie close together should. Nobody stores when a hand-over was first tried, and whoever
repeats it may be another process. What the attempts share is when the message expires, 48 hours after it could first
leave: so time is cut into steps of four minutes, counted back from there, and an attempt names the beginning of its
step. A message that leaves when it is due has nearly all of a step for repeats; one after a crash comes two minutes
later.
"""

from datetime import UTC, datetime, timedelta

STEP = timedelta(minutes=4)

# Two attempts that compute the expiry from the time left may differ by what passes in between.
_GRAIN = timedelta(seconds=10)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def first_sent(expires: datetime, now: datetime) -> datetime:
    """The beginning of the step that `now` is in: whole seconds, never in the future, less than four minutes ago."""
    anchor = expires - (expires - _EPOCH) % _GRAIN
    return now - (now - anchor) % STEP
