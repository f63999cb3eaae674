"""One Azurite queue service for all tests of the host, and one host with the test app for those that only ask it."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from azure.storage.queue import QueueServiceClient

from tests.azurite import start_azurite
from tests.host.running import APP, RunningHost, queue_connection


@pytest.fixture(scope="package")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    process, port = start_azurite("queue", tmp_path_factory.mktemp("queues"))
    yield queue_connection(port)
    process.terminate()
    process.wait()


@pytest.fixture
def queues(connection: str) -> Iterator[QueueServiceClient]:
    with QueueServiceClient.from_connection_string(connection) as service:
        yield service


@pytest.fixture(scope="package")
def settings_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("settings") / "settings.json"
    path.write_text(
        json.dumps({"Values": {"OutQueue": "outs", "Tick": "* * * * * *", "AzureWebJobsStorage": "unused"}})
    )
    return path


@pytest.fixture(scope="package")
def host(connection: str, settings_file: Path) -> Iterator[RunningHost]:
    with RunningHost(APP, {"AzureWebJobsStorage": connection}, ("--settings", str(settings_file))) as running:
        assert running.address
        yield running


@pytest.fixture(scope="package")
def client(host: RunningHost) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{host.address}/api/", timeout=60) as client:
        yield client
