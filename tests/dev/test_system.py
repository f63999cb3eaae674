from pathlib import Path

import pytest
from azure.data.tables.aio import TableServiceClient
from azure.storage.queue.aio import QueueServiceClient

from local.data_directory import DataDirectory
from local.running import running_system
from local.simulators.registers.people import default_people
from local.supervisor import ProcessSpec
from local.system import SECRETS, Choices, backing, choose_addresses

APP = Path(__file__).with_name("app")


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
