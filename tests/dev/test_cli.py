import json
import socket
import sys
from pathlib import Path

import pytest

from local import running
from local.azurite import connection_string
from local.commands import COMMANDS
from local.providers import Providers
from local.system import SECRETS as NAMES
from local.system import Addresses, Choices, choose_addresses, host, service_settings
from local.tokens import full_scope
from notifications.settings import read_settings
from tests.dev.programs import run_cli

ADDRESSES = Addresses(*(f"http://127.0.0.1:{port}" for port in range(20_001, 20_011)))
SECRETS = dict.fromkeys(NAMES, "c2VjcmV0")


def test_help_names_every_command_with_one_line() -> None:
    answer = run_cli("help")
    assert answer.returncode == 0
    lines = answer.stdout.splitlines()
    assert all(any(line.split()[:1] == [command.name] for line in lines) for command in COMMANDS)


@pytest.mark.parametrize("name", ["up", "demo", "token", "storage", "check"])
def test_each_command_explains_its_options(name: str) -> None:
    answer = run_cli(name, "--help")
    assert answer.returncode == 0
    assert answer.stdout.startswith(f"usage: ./dev {name}")


def test_an_unknown_command_is_refused_with_exit_code_2() -> None:
    answer = run_cli("dance")
    assert answer.returncode == 2
    assert answer.stderr.startswith("dev: there is no command 'dance'")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--port", "x"],
        ["--port", "65536"],
        ["--claim-seconds", "0"],
        ["--report-to", "pigeon"],
        ["--set", "NAME"],
        ["--email", "pigeon"],
        ["--sms", "pigeon"],
    ],
)
def test_a_malformed_option_is_refused_with_exit_code_2(arguments: list[str]) -> None:
    answer = run_cli("up", *arguments)
    assert answer.returncode == 2
    assert arguments[0] in answer.stderr.splitlines()[-1]


def test_up_on_a_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        answer = run_cli("up", "--port", str(port), "--data", tmp_path)
    assert answer.returncode == 1
    line = f"dev: port {port} is in use: stop what uses it, or choose another with --port\n"
    assert (answer.stdout, answer.stderr) == ("", line)


@pytest.mark.parametrize("command", ["up", "demo"])
@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "No such file or directory"),
        (b"{", "Invalid JSON: EOF while parsing an object at line 1 column 1"),
        (b"\xff\xfe\xfa", "Invalid JSON"),
        (b'{"persons": [{"number": "1"}, {}]}', "persons[0].number: give 11 digits; persons[1].number: is required"),
    ],
)
def test_registers_that_cannot_be_used_are_one_clear_line(
    tmp_path: Path, command: str, content: bytes | None, complaint: str
) -> None:
    registers = tmp_path / "registers.json"
    if content is not None:
        registers.write_bytes(content)
    answer = run_cli(command, "--registers", registers, "--data", tmp_path / "data")
    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1
    assert answer.stderr.startswith(f"dev: --registers {registers}")
    assert complaint in answer.stderr


def test_an_unwritable_data_directory_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    answer = run_cli("up", "--port", "0", "--data", tmp_path / "file")
    assert answer.returncode == 1
    assert answer.stderr == f"dev: cannot write in {tmp_path / 'file'}: Not a directory\n"


def test_a_missing_node_is_one_clear_line(tmp_path: Path) -> None:
    answer = run_cli("up", "--port", "0", "--data", tmp_path, environment={"PATH": str(tmp_path)})
    assert answer.returncode == 1
    assert answer.stderr == "dev: Node.js is needed to run Azurite; install it\n"
    assert not (tmp_path / "run.json").exists()


def test_a_token_where_nothing_runs_is_one_clear_line(tmp_path: Path) -> None:
    answer = run_cli("token", "--org", "ttd", "--data", tmp_path)
    assert answer.returncode == 1
    assert answer.stderr == f"dev: nothing runs in {tmp_path}: start it with ./dev up\n"


def test_a_token_of_a_system_that_was_killed_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"issuer": "http://127.0.0.1:1"}))
    answer = run_cli("token", "--org", "ttd", "--data", tmp_path)
    assert answer.returncode == 1
    assert answer.stderr == "dev: no token issuer answers at http://127.0.0.1:1: start it with ./dev up\n"


def test_port_0_takes_a_free_one_for_the_service_too() -> None:
    addresses = choose_addresses(0)
    assert len(set(vars(addresses).values())) == 10


def test_the_service_keeps_the_port_that_was_asked_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert choose_addresses(port).service == f"http://127.0.0.1:{port}"


def test_the_host_gets_its_settings_in_the_environment(tmp_path: Path) -> None:
    spec = host(Choices(data=tmp_path, claim_seconds=8, settings={"EXTRA": "1"}), ADDRESSES, SECRETS)
    assert spec.command == (sys.executable, "-m", "local.host", *spec.command[3:])
    assert spec.command[-2:] == ("--port", "20001")
    assert spec.environment["CLAIM_SECONDS"] == "8"
    assert spec.environment["EXTRA"] == "1"
    assert spec.environment["DataStorage"] == connection_string("http://127.0.0.1:20002", "http://127.0.0.1:20003")


def test_a_setting_that_was_asked_for_wins(tmp_path: Path) -> None:
    chosen = Choices(data=tmp_path, settings={"RETENTION_DAYS": "1"})
    assert service_settings(chosen, ADDRESSES, SECRETS)["RETENTION_DAYS"] == "1"


def test_the_service_takes_its_settings_and_finds_registers_and_issuer_in_them(tmp_path: Path) -> None:
    settings = read_settings(service_settings(Choices(data=tmp_path), ADDRESSES, SECRETS))
    assert settings.profile_endpoint == "http://127.0.0.1:20007/profile/api/v1"
    assert settings.register_endpoint == "http://127.0.0.1:20007/register/api/v1"
    assert settings.authorization_endpoint == "http://127.0.0.1:20007/authorization/api/v1"
    assert settings.maskinporten_token_endpoint == "http://127.0.0.1:20006/maskinporten/token"
    assert settings.attachment_hosts == {"127.0.0.1:20008"}
    assert settings.platform_token_keys_url == "http://127.0.0.1:20006/platform-keys/{issuer}/jwks.json"


def test_the_service_keeps_its_own_keys_from_run_to_run(tmp_path: Path) -> None:
    names = ("IDENTITY_HASH_KEY", "PLATFORM_TOKEN_PRIVATE_KEY", "MASKINPORTEN_PRIVATE_JWK")
    first, second = (service_settings(Choices(data=tmp_path / "a"), ADDRESSES, SECRETS) for _ in range(2))
    other = service_settings(Choices(data=tmp_path / "b"), ADDRESSES, SECRETS)
    assert [first[name] for name in names] == [second[name] for name in names]
    assert not {first[name] for name in names} & {other[name] for name in names}


@pytest.mark.parametrize("path", ["identity-hash-key", "maskinporten.pem", "platform/platform.pem"])
def test_the_services_own_keys_are_readable_by_the_owner_alone(tmp_path: Path, path: str) -> None:
    service_settings(Choices(data=tmp_path), ADDRESSES, SECRETS)
    assert (tmp_path / "keys" / path).stat().st_mode & 0o077 == 0


def test_a_scope_is_a_short_name_or_itself() -> None:
    assert full_scope(["create", "support x:y"]) == (
        "altinn:serviceowner/notifications.create altinn:notifications.support.admin x:y"
    )


def test_a_platform_token_has_no_scope() -> None:
    answer = run_cli("token", "--org", "ttd", "--platform", "--scope", "create")
    assert answer.returncode == 2
    assert "not allowed with argument" in answer.stderr


def test_the_welcome_names_dir_only_where_it_is_not_the_default(tmp_path: Path) -> None:
    assert "--data" not in running.welcome(Choices(), ADDRESSES)
    spaced = tmp_path / "with space"
    assert f"--data '{spaced}'" in running.welcome(Choices(data=spaced), ADDRESSES)


@pytest.mark.parametrize(
    ("providers", "shown"),
    [
        (Providers(), ["email sent    http://127.0.0.1:20004/_calls", "sms sent      http://127.0.0.1:20005/_calls"]),
        (
            Providers(email="smtp", sms="both"),
            [
                "email sent    http://127.0.0.1:20009/_calls",
                "one email     http://127.0.0.1:20009/_mails/REFERENCE",
                "sms sent      http://127.0.0.1:20004/_calls",
                "sms sent      http://127.0.0.1:20005/_calls",
            ],
        ),
        (
            Providers(sms="acs"),
            [
                "email sent    http://127.0.0.1:20004/_calls",
                "sms sent      http://127.0.0.1:20004/acs-sms/_calls",
            ],
        ),
    ],
)
def test_the_welcome_says_where_the_messages_of_the_chosen_providers_show(
    providers: Providers, shown: list[str]
) -> None:
    lines = running.welcome(Choices(providers=providers), ADDRESSES).splitlines()
    assert sorted(line.strip() for line in lines if " sent " in line or "one email" in line) == sorted(shown)
