"""Access keys: who may call a function of level `function` or `admin`, and the admin endpoints."""

import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.host.settings import SettingsError


def _values(section: Any) -> tuple[str, ...]:
    if not isinstance(section, Mapping):
        raise TypeError
    return tuple(str(value) for value in section.values())


def _holds(keys: Iterable[str], presented: str) -> bool:
    return any(hmac.compare_digest(key.encode(), presented.encode()) for key in keys)


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys in force. With none configured nothing is checked, as `func start` does without `--enableAuth`."""

    master: str = ""
    host: tuple[str, ...] = ()
    functions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    enforced: bool = False

    @classmethod
    def load(cls, path: Path) -> "Keys":
        """Read `{"masterKey": KEY, "functionKeys": {NAME: KEY}, "functions": {FUNCTION: {NAME: KEY}}}`.

        Raises SettingsError.
        """
        try:
            content = json.loads(path.read_text("utf-8"))
            functions = {str(name): _values(keys) for name, keys in content.get("functions", {}).items()}
            return cls(
                str(content.get("masterKey", "")), _values(content.get("functionKeys", {})), functions, enforced=True
            )
        except OSError as error:
            raise SettingsError(f"{path} cannot be read: {error.strerror}") from None
        except (ValueError, TypeError, AttributeError):
            raise SettingsError(f"{path} must be JSON with masterKey, functionKeys and functions") from None

    def admit(self, level: str, function_name: str, presented: str) -> bool:
        """Whether the presented key (empty for none) opens a function of this authorisation level."""
        if not self.enforced or level.lower() == "anonymous":
            return True
        if self.admit_admin(presented) and self.master:
            return True
        return level.lower() == "function" and _holds((*self.host, *self.functions.get(function_name, ())), presented)

    def admit_admin(self, presented: str) -> bool:
        """Whether the presented key opens the admin endpoints: it must be the master key, if there is one."""
        return not self.master or _holds((self.master,), presented)
