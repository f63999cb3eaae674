"""The placeholders that a text may hold for the recipient's name and number (behaviour.md section 4)."""

import re

_PLACEHOLDER = re.compile(r"\$recipient(Name|Number)\$")


def has_placeholder(*texts: str) -> bool:
    """Whether any of the texts asks for the recipient's name or number."""
    return any(_PLACEHOLDER.search(text) for text in texts)


def filled(text: str, name: str, number: str) -> str:
    """The text with its placeholders replaced, each once: what a name holds is not looked at again."""
    return _PLACEHOLDER.sub(lambda found: name if found[1] == "Name" else number, text)
