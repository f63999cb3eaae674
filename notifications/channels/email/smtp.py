"""Email through a mail server, by SMTP submission (RFC 6409; docs/providers.md has the mapping).

SMTP knows no idempotency key and reports no deliveries. So a hand-over is Postponed only while the final dot was not
sent, everything unclear after it is Uncertain, and a message that the server took is as good as delivered.
"""

# ruff: noqa: ASYNC109 - a time-out is part of the provider protocol: each call has what is left of its claim

import asyncio
import logging
import ssl
from uuid import UUID

from aiosmtplib import SMTPException, SMTPResponseException

from notifications.channels.email.smtp_message import Letter, letter
from notifications.channels.email.smtp_pool import Pool
from notifications.channels.email.smtp_replies import UNAUTHORIZED, Reply, outcome_of
from notifications.channels.email.smtp_session import Progress, Server, Session, Stage, Unusable, open_session
from notifications.channels.exchange import SHORT_PAUSE
from notifications.channels.protocol import EmailMessage
from notifications.domain.clock import Clock, SystemClock
from notifications.domain.outcomes import Memory, Outcome, Postponed, Refused, Uncertain
from notifications.domain.statuses import Status
from notifications.telemetry import event

logger = logging.getLogger(__name__)

CONNECTIONS = 10
# Characters of a body from which writing the message would keep everybody else waiting.
_HEAVY = 64 * 1024
_CLOSING = 421


class SmtpEmail:
    """One mail server, with at most so many connections at once; `tls` is what certificates are judged by.

    Closed by `aclose`.
    """

    name = "smtp-email"
    memory = Memory.NONE

    def __init__(
        self,
        server: Server,
        *,
        tls: ssl.SSLContext | None = None,
        clock: Clock | None = None,
        connections: int = CONNECTIONS,
    ) -> None:
        self._server = server
        self._tls = tls or ssl.create_default_context()
        self._clock = clock or SystemClock()
        self._pool = Pool()
        self._slots = asyncio.Semaphore(connections)

    async def send(self, message: EmailMessage, *, timeout: float) -> Outcome:
        """Hand one email over, within `timeout` seconds; a repeat sends again, under the same Message-ID."""
        progress = Progress()
        try:
            async with asyncio.timeout(timeout):
                written = await self._written(message)
                return written if isinstance(written, Refused) else await self._hand_over(written, progress)
        except TimeoutError:
            return _interrupted("timeout", progress)
        except Unusable as error:
            return self._unusable(error)
        except SMTPResponseException:
            return _interrupted("unreadable_answer", progress)
        except (SMTPException, OSError):
            return _interrupted("connection", progress)

    async def find(self, notification_id: UUID, *, timeout: float) -> Outcome | None:  # noqa: ARG002 - SMTP has no look-up
        """Always None: a mail server cannot be asked."""
        return None

    async def aclose(self) -> None:
        """Close all connections."""
        await self._pool.aclose()

    async def _written(self, message: EmailMessage) -> Letter | Refused:
        now = self._clock.now()
        if message.attachments or len(message.body) > _HEAVY:
            return await asyncio.to_thread(letter, message, now)
        return letter(message, now)

    async def _hand_over(self, ready: Letter, progress: Progress) -> Outcome:
        async with self._slots:
            used = self._pool.take()
            if used is not None:
                outcome = await self._by_used(used, ready, progress)
                if outcome is not None:
                    return outcome
            progress.stage = Stage.OPENING
            session = await open_session(self._server, self._tls)
            return self._judged(await self._by(session, ready, progress))

    async def _by_used(self, session: Session, ready: Letter, progress: Progress) -> Outcome | None:
        """What came of a session from the pool; None if the server had only given it up, as servers do at will."""
        try:
            answer = await self._by(session, ready, progress)
        except (SMTPException, OSError):
            if progress.stage is Stage.HANDED_OVER:
                raise
            return None
        gone = isinstance(answer, Reply) and answer.code == _CLOSING and progress.stage is not Stage.HANDED_OVER
        return None if gone else self._judged(answer)

    async def _by(self, session: Session, ready: Letter, progress: Progress) -> Reply | Refused:
        """The answer that ended the hand-over; the session goes back to the pool unless it is spoilt."""
        progress.stage = Stage.TALKING
        try:
            if ready.utf8 and not session.offers("smtputf8"):
                answer: Reply | Refused = Refused(Status.INVALID_EMAIL_FORMAT, "no_smtputf8", here=True)
            else:
                answer = await session.transfer(ready, progress)
        except BaseException:
            session.close()
            raise
        if isinstance(answer, Reply) and not answer.understood:
            session.close()
        self._pool.keep(session)
        return answer

    def _judged(self, answer: Reply | Refused) -> Outcome:
        outcome = answer if isinstance(answer, Refused) else outcome_of(answer)
        if isinstance(outcome, Postponed) and outcome.reason == UNAUTHORIZED:
            self._tell(UNAUTHORIZED)
        return outcome

    def _unusable(self, error: Unusable) -> Postponed:
        """Nobody's message fails because our settings are wrong; somebody must be told of them, though."""
        if error.ours:
            self._tell(error.reason)
        return Postponed(error.reason, SHORT_PAUSE)

    def _tell(self, reason: str) -> None:
        event(logger, logging.ERROR, "provider.misconfigured", provider=self.name, reason=reason)


def _interrupted(reason: str, progress: Progress) -> Postponed | Uncertain:
    """What a broken hand-over means; the server rests if it did not even open, or may have taken messages unsaid."""
    if progress.stage is Stage.HANDED_OVER:
        return Uncertain(f"{reason}_after_send", SHORT_PAUSE)
    return Postponed(reason, SHORT_PAUSE if progress.stage is Stage.OPENING else None, here=True)
