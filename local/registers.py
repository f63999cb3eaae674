"""The file of `./dev up --registers FILE`."""

import json
from pathlib import Path

from local.errors import CommandError


def checked(path: Path) -> Path:
    """The file's absolute path; raises CommandError unless it can be read and is JSON."""
    try:
        json.loads(path.read_bytes())
    except OSError as error:
        raise CommandError(f"--registers {path}: {error.strerror}") from error
    except json.JSONDecodeError as error:
        raise CommandError(
            f"--registers {path} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from error
    except ValueError as error:
        raise CommandError(f"--registers {path} is not JSON: it is not UTF-8 text") from error
    return path.absolute()
