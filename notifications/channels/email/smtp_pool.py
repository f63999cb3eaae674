"""Sessions that wait for their next letter (docs/decisions/0010 has what that saves)."""

import asyncio

from notifications.channels.email.smtp_session import Session

# Less than servers and the address translation between them and us keep a silent connection.
IDLE_SECONDS = 20.0
# Servers limit the messages of a connection; a hundred is the least that is usual.
LETTERS = 100


class Pool:
    """Open sessions, the last used first, so that the others may grow old."""

    def __init__(self) -> None:
        self._idle: list[tuple[float, Session]] = []

    def take(self) -> Session | None:
        """A session that was used a short while ago and is open, as far as one can tell; None without one."""
        self._drop_old()
        while self._idle:
            _, session = self._idle.pop()
            if session.is_open:
                return session
            session.close()
        return None

    def keep(self, session: Session) -> None:
        """Take a session back, unless it is closed or has carried its share."""
        if session.is_open and session.letters < LETTERS:
            self._idle.append((_now(), session))
        else:
            session.leave()

    async def aclose(self) -> None:
        """Close all sessions that wait."""
        while self._idle:
            self._idle.pop()[1].leave()
        # Connections are closed by the loop, in its next round.
        await asyncio.sleep(0)

    def _drop_old(self) -> None:
        while self._idle and self._idle[0][0] + IDLE_SECONDS < _now():
            self._idle.pop(0)[1].leave()


def _now() -> float:
    return asyncio.get_running_loop().time()
