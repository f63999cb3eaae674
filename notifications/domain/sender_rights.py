"""Which senders an organisation may send as, where that is restricted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from notifications.domain.phone import e164


@dataclass(frozen=True, slots=True)
class SenderRights:
    """Names, numbers and email addresses by organisation; one that is not named may send as anybody."""

    by_creator: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))

    def restricts(self, creator: str) -> bool:
        """Whether the organisation is held to a list."""
        return creator in self.by_creator

    def allows(self, creator: str, sender: str) -> bool:
        """Whether it may send as this; letter case and the way a number is written make no difference."""
        return not self.restricts(creator) or _same(sender) in self.by_creator[creator]


def parse_sender_rights(text: str) -> SenderRights:
    """Rights as they are configured: `ttd=TTD,+4799999999,post@ttd.example;skd=Skatt`. Raises `ValueError`."""
    rights: dict[str, frozenset[str]] = {}
    for part in (each for each in text.split(";") if each.strip()):
        creator, separator, senders = (piece.strip() for piece in part.partition("="))
        allowed = frozenset(_same(each) for each in senders.split(",") if each.strip())
        if not separator or not creator or not allowed or creator in rights:
            raise ValueError(
                "give each organisation once, with its senders by comma: ttd=TTD,post@ttd.example;skd=Skatt"
            )
        rights[creator] = allowed
    return SenderRights(rights)


def _same(sender: str) -> str:
    return e164(sender.strip()).casefold()
