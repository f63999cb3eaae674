"""Asking a register about many at once: in calls as large as it takes, a few at a time, and nothing twice.

Trouble stays with those whom it is about: an answer that cannot be had makes nobody else's unknown. One that tells of
somebody who was not asked about is about another question: it says nothing of those whom it leaves out, who are asked
about once more without the others. A register that adds somebody for one of them holds up no more than that one.
"""

import asyncio
import logging
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import batched
from typing import Protocol

from notifications.domain.contacts import Unavailable
from notifications.recipients.exchange import NoAnswerError
from notifications.recipients.recent import Recent
from notifications.telemetry import event

AT_ONCE = 4

_log = logging.getLogger(__name__)


class Register[K: Hashable, N: Hashable, V](Protocol):
    """Whoever answers questions `K` with `V`, naming in its answers whom they are about by `N`.

    `name` is what an outage is reported under, `most` how many one call may ask about, and `nobody` what it means to be
    left out of an answer.
    """

    name: str
    most: int
    nobody: V

    def together(self, key: K) -> Hashable:
        """What all questions of one call have in common."""

    def answered_as(self, key: K) -> N:
        """The name under which an answer tells of it."""

    async def ask(self, keys: Sequence[K]) -> Mapping[N, V]:
        """One call about at most `most`; may tell of others. Raises `NoAnswerError`."""


class Bulk[K: Hashable, N: Hashable, V]:
    """Asks a register, and remembers its answers in `recent` when there is one."""

    def __init__(self, register: Register[K, N, V], recent: Recent[K, V] | None = None) -> None:
        self._register = register
        self._recent = recent or Recent(seconds=0)

    async def __call__(self, keys: Iterable[K]) -> dict[K, V | Unavailable]:
        """An answer for every key."""
        wanted = dict.fromkeys(keys)
        known: dict[K, V | Unavailable] = dict(self._recent.among(wanted))
        call = _Call(self._register)
        chunks = self._chunks(key for key in wanted if key not in known)
        for answers in await asyncio.gather(*(call.answers(chunk) for chunk in chunks)):
            self._recent.keep({key: each for key, each in answers.items() if not isinstance(each, Unavailable)})
            known |= answers
        return known

    def _chunks(self, keys: Iterable[K]) -> list[tuple[K, ...]]:
        groups: dict[Hashable, list[K]] = {}
        for key in keys:
            groups.setdefault(self._register.together(key), []).append(key)
        return [chunk for group in groups.values() for chunk in batched(group, self._register.most, strict=False)]


class _Call[K: Hashable, N: Hashable, V]:
    """The calls that one question in bulk takes. Once the register is silent, the rest of them is not made."""

    def __init__(self, register: Register[K, N, V]) -> None:
        self._register = register
        self._places = asyncio.Semaphore(AT_ONCE)
        self._silent = False

    async def answers(self, keys: Sequence[K]) -> dict[K, V | Unavailable]:
        """An answer for every key of one call, in turn."""
        async with self._places:
            answers, unsaid = await self._asked(keys)
            if unsaid and len(unsaid) < len(keys):
                answers |= (await self._asked(unsaid))[0]
            return answers

    async def _asked(self, keys: Sequence[K]) -> tuple[dict[K, V | Unavailable], list[K]]:
        """An answer for every key, and those of whom the register said nothing, as it told of others."""
        if self._silent:
            return self._unavailable(keys), []
        try:
            return self._matched(keys, await self._register.ask(keys))
        except NoAnswerError as error:
            self._silent = self._silent or error.silent
            event(
                _log,
                logging.WARNING,
                "register.unavailable",
                operation=self._register.name,
                reason=str(error),
                count=len(keys),
            )
            return self._unavailable(keys), []

    def _unavailable(self, keys: Sequence[K]) -> dict[K, V | Unavailable]:
        return dict.fromkeys(keys, Unavailable(self._register.name))

    def _matched(self, keys: Sequence[K], told: Mapping[N, V]) -> tuple[dict[K, V | Unavailable], list[K]]:
        names = {key: self._register.answered_as(key) for key in keys}
        answers: dict[K, V | Unavailable] = {key: told.get(name, self._register.nobody) for key, name in names.items()}
        strangers = len(told.keys() - set(names.values()))
        if not strangers:
            return answers, []
        event(_log, logging.WARNING, "register.told_of_others", operation=self._register.name, count=strangers)
        unsaid = [key for key, name in names.items() if name not in told]
        return answers | self._unavailable(unsaid), unsaid
