"""The file of `./dev up --registers FILE`."""

from pathlib import Path

from local.errors import CommandError
from local.simulators.registers.people import PeopleFileError, read_people


def checked(path: Path) -> Path:
    """The file's absolute path; raises CommandError unless it can be read and says who is in the registers."""
    try:
        read_people(path)
    except OSError as error:
        raise CommandError(f"--registers {path}: {error.strerror}") from error
    except PeopleFileError as error:
        raise CommandError(f"--registers {path}: {error}") from error
    return path.absolute()
