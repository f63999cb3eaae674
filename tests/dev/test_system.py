from pathlib import Path

import pytest
from azure.data.tables.aio import TableServiceClient
from azure.storage.queue.aio import QueueServiceClient

from local.data_directory import DataDirectory
from local.providers import Providers
from local.running import running_system
from local.simulators.registers.people import default_people
from local.supervisor import ProcessSpec
from local.system import SECRETS, Addresses, Choices, backing, choose_addresses, journals, service_settings
from notifications.settings import read_settings

APP = Path(__file__).with_name("app")
ADDRESSES = Addresses(*(f"http://127.0.0.1:{port}" for port in range(20_001, 20_011)))


def commands(path: Path, choices: Choices) -> dict[str, ProcessSpec]:
    return {
        spec.name: spec
        for spec in backing(choices, DataDirectory(path), choose_addresses(0), dict.fromkeys(SECRETS, "c2VjcmV0"))
    }


def test_email_reports_go_to_the_webhook_unless_the_queue_is_asked_for(tmp_path: Path) -> None:
    webhook = commands(tmp_path, Choices())["acs-email"].command
    queue = commands(tmp_path, Choices(report_to="queue"))["acs-email"].command
    assert "--report-url" in webhook
    assert "--report-queue" not in webhook
    assert "--report-queue" in queue
    assert "--report-url" not in queue


@pytest.mark.parametrize(
    ("providers", "programs", "settings"),
    [
        (Providers(), {"acs-email", "pswin"}, ("acs", "*=pswin")),
        (Providers(email="smtp"), {"smtp", "pswin"}, ("smtp", "*=pswin")),
        (Providers(sms="acs"), {"acs"}, ("acs", "*=acs")),
        (Providers(email="smtp", sms="acs"), {"smtp", "acs-sms"}, ("smtp", "*=acs")),
        (Providers(sms="both"), {"acs", "pswin"}, ("acs", "*=pswin,acs:0")),
        (Providers(routes="+47=pswin; *= acs"), {"acs", "pswin"}, ("acs", "+47=pswin; *= acs")),
    ],
)
def test_the_chosen_providers_are_started_and_no_others(
    tmp_path: Path, providers: Providers, programs: set[str], settings: tuple[str, str]
) -> None:
    choices = Choices(data=tmp_path, providers=providers)
    every = {"acs", "acs-email", "acs-sms", "pswin", "smtp"}
    assert commands(tmp_path, choices).keys() & every == programs
    given = service_settings(choices, ADDRESSES, dict.fromkeys(SECRETS, "c2VjcmV0"))
    assert (given["EMAIL_PROVIDER"], given["SMS_ROUTES"]) == settings
    used = read_settings(given)
    assert (used.smtp_host, used.smtp_port) == (("127.0.0.1", 20010) if "smtp" in programs else (None, 587))


def test_each_provider_of_a_run_has_its_own_journal() -> None:
    assert journals(Choices(providers=Providers(email="smtp", sms="both")), ADDRESSES) == {
        "smtp": "http://127.0.0.1:20009",
        "acs-sms": "http://127.0.0.1:20004",
        "pswin": "http://127.0.0.1:20005",
    }
    shared = journals(Choices(providers=Providers(sms="acs")), ADDRESSES)
    assert shared == {"acs-email": "http://127.0.0.1:20004", "acs-sms": "http://127.0.0.1:20004/acs-sms"}


@pytest.mark.parametrize("providers", [Providers(sms="acs"), Providers(email="smtp", sms="acs")])
def test_reports_of_sms_through_communication_services_go_where_those_of_email_go(
    tmp_path: Path, providers: Providers
) -> None:
    for report_to, option in (("webhook", "--report-url"), ("queue", "--report-queue")):
        specs = commands(tmp_path, Choices(report_to=report_to, providers=providers))
        (acs,) = (spec for name, spec in specs.items() if name in {"acs", "acs-sms"})
        assert option in acs.command


def test_each_data_directory_has_its_own_storage_and_keys(tmp_path: Path) -> None:
    specs = commands(tmp_path, Choices())
    for name, path in (
        ("azurite-queue", "azurite-queue"),
        ("azurite-table", "azurite-table"),
        ("issuer", "issuer-key.pem"),
        ("issuer", "keys/platform"),
        ("issuer", "keys/maskinporten.jwk.json"),
    ):
        assert str(tmp_path / path) in specs[name].command


def test_the_registers_hold_the_people_of_the_file_that_was_named_or_the_default_ones(tmp_path: Path) -> None:
    named = commands(tmp_path, Choices(registers=tmp_path / "people.json"))["registers"].command
    assert str(tmp_path / "people.json") in named
    assert str(default_people()) in commands(tmp_path, Choices())["registers"].command


@pytest.mark.parametrize(("choices", "silent"), [(Choices(), True), (Choices(storage_log=True), False)])
def test_azurite_is_silent_unless_its_access_log_is_asked_for(tmp_path: Path, choices: Choices, silent: bool) -> None:
    assert ("--silent" in commands(tmp_path, choices)["azurite-table"].command) is silent


def test_azurite_sends_no_telemetry(tmp_path: Path) -> None:
    specs = commands(tmp_path, Choices())
    assert all("--disableTelemetry" in specs[name].command for name in ("azurite-queue", "azurite-table"))


@pytest.mark.system
async def test_storage_in_memory_keeps_nothing_on_disk_and_its_log_shows_each_call(tmp_path: Path) -> None:
    choices = Choices(port=0, data=tmp_path, report_to="queue", storage_in_memory=True, storage_log=True, app=APP)
    async with running_system(choices) as (_, addresses):
        async with TableServiceClient.from_connection_string(addresses.storage) as tables:
            await tables.create_table("things")
        async with QueueServiceClient.from_connection_string(addresses.storage) as queues:
            await queues.create_queue("things")
    for service, call in (("table", "POST /devstoreaccount1/Tables"), ("queue", "PUT /devstoreaccount1/things")):
        assert call in (tmp_path / "logs" / f"azurite-{service}.log").read_text()
        assert not (tmp_path / f"azurite-{service}").exists()
