"""Structured log events that cannot carry personal data: a field that is not an id, a code or a number is refused.

An event is one line, `name field=value …`, and the same fields travel as the record's `extra` for exporters.
"""

import logging
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from traceback import walk_tb

_PACKAGE = "notifications."

_FIELDS = frozenset(
    {
        "order", "shipment", "notification", "creator", "queue", "bucket", "channel", "provider", "state", "status",
        "reason", "attempt", "count", "dequeued", "replayed", "operation", "error", "function", "invocation", "seconds",
        "trace", "uncertain", "sequence", "at", "register", "outcome",
    }
)  # fmt: skip


class UnknownField(ValueError):
    """A field that nobody vouched for; its value is not repeated here."""


def require_known(fields: Mapping[str, object], known: AbstractSet[str] = _FIELDS) -> None:
    """Let nothing pass but what holds ids, codes and numbers. Raises `UnknownField`."""
    if not fields.keys() <= known:
        raise UnknownField(", ".join(sorted(fields.keys() - known)))


def event(logger: logging.Logger, level: int, name: str, **fields: object) -> None:
    """Log an event with its ids and codes; None is left out. Raises `UnknownField`."""
    require_known(fields)
    if not logger.isEnabledFor(level):
        return
    told = {key: value for key, value in fields.items() if value is not None}
    logger.log(level, "%s%s", name, _text(told), extra={"event": name, **{f"n_{k}": v for k, v in told.items()}})


def _text(fields: Mapping[str, object]) -> str:
    return "".join(f" {key}={value}" for key, value in fields.items())


def error_name(error: BaseException) -> str:
    """What may be said of an exception: its type. Its text may quote what it met."""
    return type(error).__name__


def fault(error: BaseException) -> dict[str, str]:
    """The fields that say what went wrong and where: the exception's type, and the innermost line of ours."""
    steps = [
        f"{Path(frame.f_code.co_filename).name}:{line}"
        for frame, line in walk_tb(error.__traceback__)
        if str(frame.f_globals.get("__name__", "")).startswith(_PACKAGE)
    ]
    return {"error": error_name(error), **({"at": steps[-1]} if steps else {})}
