import base64
import json
import os
import stat
from pathlib import Path

import pytest

from local.data_directory import DataDirectory, tail
from local.errors import CommandError


def test_a_directory_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    refusal = pytest.raises(CommandError, match=rf"another ./dev \(process {os.getpid()}\) runs on")
    with DataDirectory(tmp_path).held(), refusal, DataDirectory(tmp_path).held():
        pytest.fail("held twice")


def test_a_directory_is_free_again_after_its_holder_ended(tmp_path: Path) -> None:
    for _ in range(2):
        with DataDirectory(tmp_path).held():
            pass


def test_being_refused_leaves_the_run_of_the_holder_alone(tmp_path: Path) -> None:
    holder = DataDirectory(tmp_path)
    with holder.held():
        holder.write_run({"service": "x"})
        with pytest.raises(CommandError), DataDirectory(tmp_path).held():
            pytest.fail("held twice")
        assert holder.read_run() == {"service": "x"}


def test_a_path_that_cannot_be_written_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refusal = pytest.raises(CommandError, match=r"^cannot write in .*file/data: Not a directory$")
    with refusal, DataDirectory(tmp_path / "file" / "data").held():
        pytest.fail("held")


def test_a_full_disk_is_refused_in_one_line(tmp_path: Path) -> None:
    refusal = pytest.raises(CommandError, match=r"^the disk of .* is full: \d+ MB free, 1099511627776 MB needed$")
    with refusal, DataDirectory(tmp_path, least_free=1 << 60).held():
        pytest.fail("held")


def test_secrets_are_random_base64_and_readable_by_the_owner_alone(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path)
    first, second = data.new_secrets(["A", "B"]), data.new_secrets(["A", "B"])
    assert len({*first.values(), *second.values()}) == 4
    assert all(len(base64.b64decode(secret, validate=True)) == 24 for secret in second.values())
    assert json.loads(data.secrets_file.read_text()) == second
    assert stat.S_IMODE(data.secrets_file.stat().st_mode) == 0o600


def test_logs_start_empty_and_the_last_run_is_kept_beside(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path)
    with data.held():
        data.log("host").write_text("old")
        data.start_logs(["host", "issuer"])
        assert data.log("host").read_text() == data.log("issuer").read_text() == ""
        assert (data.logs / "host.log.1").read_text() == "old"


@pytest.mark.parametrize("content", [None, "", "{"])
def test_a_directory_in_which_nothing_runs_says_how_to_start(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    with pytest.raises(CommandError, match=r"^nothing runs in .*: start it with ./dev up$"):
        DataDirectory(tmp_path).read_run()


def test_the_tail_of_a_file_is_its_last_bytes(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("0123456789")
    assert tail(path, 3) == "789"
    assert tail(path, 300) == "0123456789"
