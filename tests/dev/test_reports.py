"""`./dev reports` reaches the storage of what runs, and nothing else."""

import json
from pathlib import Path

from tests.dev.programs import run_cli


def test_it_explains_its_forms() -> None:
    answer = run_cli("reports", "--help")
    assert answer.returncode == 0
    assert answer.stdout.startswith("usage: ./dev reports [--data DIR] list")


def test_where_nothing_runs_is_one_clear_line(tmp_path: Path) -> None:
    answer = run_cli("reports", "list", "--data", tmp_path)
    assert answer.returncode == 1
    assert answer.stderr == f"dev: nothing runs in {tmp_path}: start it with ./dev up\n"


def test_where_storage_alone_runs_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"service": None}))
    answer = run_cli("reports", "list", "--data", tmp_path)
    assert answer.returncode == 1
    assert answer.stderr == f"dev: what runs in {tmp_path} has no storage of ours: start it with ./dev up\n"


def test_settings_for_another_place_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"storage": "nonsense"}))
    elsewhere = {"DataStorage__tableServiceUri": "http://127.0.0.1:1"}
    answer = run_cli("reports", "list", "--data", tmp_path, environment=elsewhere)
    assert (answer.returncode, answer.stderr) == (2, "missing or malformed: DataStorage\n")


def test_what_it_does_not_understand_is_refused_with_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"storage": "UseDevelopmentStorage=true"}))
    for arguments in ((), ("dance",), ("list", "--sinc", "2026-01-01"), ("remove",)):
        assert run_cli("reports", *arguments, "--data", tmp_path).returncode == 2
