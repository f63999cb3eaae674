"""The endpoints that take orders, by the names of their operations: how each is parsed, and full requests for it."""

from collections.abc import Mapping
from typing import Any

from notifications.contract.reading import OrderParser
from tests.contract.builders import Request
from tests.contract.requests import CASES

_CASES: Mapping[str, tuple[str, ...]] = {
    "place_order": ("chain", "looked-up"),
    "send_instant_sms": ("instant-sms",),
    "send_instant_email": ("instant-email",),
    "send_instant": ("instant",),
    "place_composed_email": ("composed",),
    "place_legacy_order": ("legacy",),
    "place_legacy_email_order": ("legacy-email",),
    "place_legacy_sms_order": ("legacy-sms",),
}

PARSERS: Mapping[str, OrderParser[Any]] = {name: CASES[kinds[0]][0] for name, kinds in _CASES.items()}
"""The parser of each operation that takes an order."""

FULL: Mapping[str, list[Request]] = {name: [CASES[kind][1] for kind in kinds] for name, kinds in _CASES.items()}
"""Valid requests that together give every member of each operation."""
