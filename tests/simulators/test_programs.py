"""The simulators as programs: the ready line, the signals that end them, and options that cannot be."""

import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

PROGRAMS: dict[str, tuple[str, ...]] = {
    "acs_email": ("--access-key", "c2VjcmV0", "--report-url", "http://127.0.0.1:1/reports", "--allow-bearer"),
    "pswin": ("--username", "user", "--password", "secret", "--report-url", "http://127.0.0.1:1/reports"),
    "issuer": (),
    "registers": (),
    "blobs": (),
    "acs": ("--access-key", "c2VjcmV0", "--report-url", "http://127.0.0.1:1/reports"),
    "acs_sms": ("--access-key", "c2VjcmV0", "--report-url", "http://127.0.0.1:1/reports", "--allow-bearer"),
    "smtp": ("--smtp-port", "0"),
}


def start(name: str, *options: str, port: int = 0) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", f"local.simulators.{name}", "--port", str(port), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def address(process: subprocess.Popen[str]) -> str:
    """Read the ready line."""
    assert process.stdout is not None
    ready = re.fullmatch(r"ready (http://127\.0\.0\.1:\d+)\n", process.stdout.readline())
    assert ready
    return ready[1]


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for the end and return the exit code and what was written on standard error."""
    with process:
        _, errors = process.communicate(timeout=60)
    return process.returncode, errors


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_program_says_ready_when_it_listens_and_ends_cleanly_on_a_signal(name: str, number: signal.Signals) -> None:
    process = start(name, *PROGRAMS[name])
    try:
        assert httpx.get(f"{address(process)}/_health").status_code == 200
    finally:
        process.send_signal(number)
    assert ended(process) == (0, "")


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_port_in_use_is_one_clear_line_and_exit_code_1(name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, errors = ended(start(name, *PROGRAMS[name], port=port))
    assert code == 1
    assert errors == f"cannot listen on 127.0.0.1:{port}: Address already in use\n"


def test_hanging_calls_and_undelivered_reports_do_not_keep_a_program_alive() -> None:
    process = start("acs_email", *PROGRAMS["acs_email"])
    base = address(process)
    body = {
        "senderAddress": "noreply@example.com",
        "content": {"subject": "s", "html": "h"},
        "recipients": {"to": [{"address": "hang@example.com"}]},
    }
    lost: list[type[Exception]] = []

    def call() -> None:
        try:
            url = f"{base}/emails:send?api-version=2023-03-31"
            httpx.post(url, json=body, headers={"Authorization": "Bearer token"}, timeout=60)
        except httpx.HTTPError as error:
            lost.append(type(error))

    caller = threading.Thread(target=call)
    caller.start()
    while not httpx.get(f"{base}/_calls").json():
        continue
    process.send_signal(signal.SIGTERM)
    assert ended(process) == (0, "")
    caller.join()
    assert lost == [httpx.RemoteProtocolError]


@pytest.mark.parametrize("name", ["acs", "acs_email", "acs_sms"])
def test_an_access_key_that_is_no_base64_is_refused(name: str) -> None:
    code, errors = ended(start(name, "--access-key", "no base64"))
    assert code == 2
    assert "argument --access-key: must be Base64" in errors


@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        ('{"persons": [{"number": "1"}, {}]}', ["persons[0].number: give 11 digits", "persons[1].number: is required"]),
        ("{", ["Invalid JSON: EOF while parsing an object at line 1 column 1"]),
        (None, ["No such file or directory"]),
    ],
)
def test_registers_of_a_wrong_file_are_refused_with_a_line_for_each_fault_and_exit_code_2(
    tmp_path: Path, content: str | None, complaints: list[str]
) -> None:
    file = tmp_path / "people.json"
    if content is not None:
        file.write_text(content)
    code, errors = ended(start("registers", "--registers", str(file)))
    assert code == 2
    assert errors.splitlines() == [f"{file}: {complaint}" for complaint in complaints]


def test_registers_of_a_file_know_its_people_alone(tmp_path: Path) -> None:
    file = tmp_path / "people.json"
    file.write_text('{"persons": [{"number": "01818030009", "email": "a@example.com"}]}')
    process = start("registers", "--registers", str(file), "--subscription-key", "k")
    try:
        answer = httpx.post(
            f"{address(process)}/profile/api/v1/users/contactpoint/lookup",
            json={"nationalIdentityNumbers": ["01818030009", "02828130059"]},
            headers={"Ocp-Apim-Subscription-Key": "k"},
        )
    finally:
        process.terminate()
        ended(process)
    assert [each["email"] for each in answer.json()["contactPointsList"]] == ["a@example.com"]


def test_a_damaged_client_key_is_one_clear_line_and_exit_code_1(tmp_path: Path) -> None:
    file = tmp_path / "client.jwk.json"
    file.write_text("{}")
    code, errors = ended(start("issuer", "--maskinporten-key", str(file)))
    assert (code, errors) == (1, f"{file} holds no public RSA key as a JSON Web Key\n")


def test_a_damaged_key_file_is_one_clear_line_and_exit_code_1(tmp_path: Path) -> None:
    file = tmp_path / "issuer.pem"
    file.write_text("no key")
    code, errors = ended(start("issuer", "--key-file", str(file)))
    assert (code, errors) == (1, f"{file} holds no RSA private key in PEM; remove the file to get a new one\n")
