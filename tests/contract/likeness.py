"""Whether an answer is like the one that an example shows: the same values, but for what is made anew each time."""

import re
from collections.abc import Iterator
from typing import Any

from tests.contract.documented import BASE

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MADE_ANEW = (
    _ID,
    re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z"),
    re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}"),
)
_COUNTED = {"sequenceNumber"}


def differences(answer: Any, example: Any, base: str = BASE, path: str = "$") -> list[str]:
    """Where an answer differs from an example; it may have further members, which the example leaves out.

    `base` is where the service is, which in examples is at `BASE`. Ids, times and trace ids only have to be such.
    """
    return list(_differences(answer, example, base, path))


def _differences(answer: Any, example: Any, base: str, path: str) -> Iterator[str]:
    if isinstance(example, dict) and isinstance(answer, dict):
        common = [name for name in answer if name in example]
        if path.endswith(".errors"):
            common.sort(key=list(example).index)
        if common != list(example):
            yield f"{path}: has {list(answer)}, not {list(example)}"
        for name in common:
            if name not in _COUNTED:
                yield from _differences(answer[name], example[name], base, f"{path}.{name}")
    elif isinstance(example, list) and isinstance(answer, list) and len(answer) == len(example):
        for index, (one, shown) in enumerate(zip(answer, example, strict=True)):
            yield from _differences(one, shown, base, f"{path}[{index}]")
    elif answer != example and not _is_alike(answer, example, base):
        yield f"{path}: {answer!r}, not {example!r}"


def _is_alike(answer: Any, example: Any, base: str) -> bool:
    if not isinstance(answer, str) or not isinstance(example, str):
        return False
    if example.startswith(BASE):
        return answer.startswith(base) and _ID.sub("id", answer[len(base) :]) == _ID.sub("id", example[len(BASE) :])
    return any(each.fullmatch(answer) and each.fullmatch(example) for each in _MADE_ANEW)
