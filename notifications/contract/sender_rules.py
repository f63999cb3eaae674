"""Whether an organisation may send as it asks to, wherever in an order it names a sender."""

from collections.abc import Iterator

from notifications.contract.failures import Failure
from notifications.contract.json_document import Members, Path
from notifications.domain.sender_rights import SenderRights

_SENDERS = frozenset({"sender", "senderNumber", "senderEmailAddress", "fromAddress"})


def sender_rules(document: Members, creator: str, rights: SenderRights) -> Iterator[Failure]:
    """A failure for each sender that is not the organisation's to use; those left out are the service's own."""
    if not rights.restricts(creator):
        return
    for path, sender in _named(document, ()):
        if sender.strip() and not rights.allows(creator, sender):
            yield Failure(path, ("The sender is not one that your organisation may use.",))


def _named(node: object, path: Path) -> Iterator[tuple[Path, str]]:
    """Every sender in the document and where it stands; documents are at most 32 levels deep."""
    if isinstance(node, Members):
        for name, value in node.items():
            if name in _SENDERS and isinstance(value, str):
                yield (*path, name), value
            else:
                yield from _named(value, (*path, name))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _named(value, (*path, index))
