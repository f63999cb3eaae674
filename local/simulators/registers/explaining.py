"""What is wrong with a JSON document, in words that name the member and not its value."""

from collections.abc import Iterator

from pydantic import ValidationError


def faults(error: ValidationError) -> Iterator[str]:
    """Say of each wrong member where it is and what would be right: `persons[3].number: give 11 digits`."""
    for each in error.errors(include_url=False, include_input=False, include_context=False):
        where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in each["loc"]).lstrip(".")
        reason = "is required" if each["type"] == "missing" else each["msg"].removeprefix("Value error, ")
        yield f"{where}: {reason}" if where else reason


def explained(error: ValidationError) -> str:
    """All faults in one line."""
    return "; ".join(faults(error))
