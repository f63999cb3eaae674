"""The service's own description as Schemathesis reads it, and what its formats are made of.

Schemathesis 4: `schemathesis.openapi.from_dict`, `schema.parametrize`, `case.call` and `case.validate_response`
(schemathesis.readthedocs.io, "Python API").
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import schemathesis
from hypothesis import strategies as st

from notifications.contract.limits import Limits
from notifications.contract.openapi.document import document

BASE = "http://127.0.0.1"
SEED = 20260810
EXAMPLES = 25
"""How many requests of each kind, valid and not, are made up for an operation beside those at the schema's bounds."""

_CONFIG = {
    "seed": SEED,
    "generation": {
        "deterministic": True,
        "max-examples": EXAMPLES,
        # Who is let in is tested elsewhere; here everybody is.
        "with-security-parameters": False,
    },
    # Methods that a path does not answer are tested elsewhere.
    "phases": {"coverage": {"unexpected-methods": []}},
}
_ADDRESSES = (
    "https://example.com/a?b=%20",
    "HTTP://example.com:8080/æ",
    "https://files.blob.core.windows.net/out/a.pdf?sv=2024-11-04&se=3200-01-01T00%3A00%3A00Z&sr=b&sp=r&sig=abc%3D",
)
_FAR_AHEAD = "2099-01-01T08:00:00Z"
_MOBILE = ("+4799999999", "004741234567", "+46701234567", "+4799990002", "+47 999 99 999")


def _moments() -> st.SearchStrategy[str]:
    """Times that have not come, with every way to say the zone."""
    ahead = st.timedeltas(min_value=timedelta(days=365), max_value=timedelta(days=365 * 1000))
    # a day of its own for each run would make each run another one
    times = ahead.map(lambda each: (datetime(2100, 1, 1, tzinfo=UTC) + each).replace(tzinfo=None).isoformat())
    return st.builds(str.__add__, times, st.sampled_from(["Z", "+02:00", "-11:30", "+00"]))


def _register_formats() -> None:
    schemathesis.openapi.format("mobile-number", st.sampled_from(_MOBILE))
    schemathesis.openapi.format("date-time", _moments())
    schemathesis.openapi.format("uri", st.sampled_from(_ADDRESSES))


def described() -> Any:
    """The schema of the service under its default limits."""
    _register_formats()
    return schemathesis.openapi.from_dict(dict(document(BASE, Limits())), config=schemathesis.Config.from_dict(_CONFIG))


def postponed(body: Any) -> Any:
    """The body of an order, far ahead if it would make the service call an address that is made up."""
    if not isinstance(body, dict) or "requestedsendtime" in map(str.lower, body):
        return body
    text = repr(body).lower()
    return body | {"requestedSendTime": _FAR_AHEAD} if "conditionendpoint" in text or "sasurl" in text else body
