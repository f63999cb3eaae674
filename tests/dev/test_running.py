import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from local.errors import CommandError
from local.ports import free_ports, is_free
from local.running import running_system, storage, up
from local.system import Choices
from tests.dev.programs import eventually

pytestmark = pytest.mark.system
APP = Path(__file__).with_name("app")


class Console:
    """What was printed so far."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture
        self.text = ""

    def shows(self, part: str) -> bool:
        self.text += self._capture.readouterr().out
        return part in self.text


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """The work under way until the end of the block, then cancelled."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_storage_serves_blob_queue_and_table_until_it_is_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blob, queue, table = free_ports(3)
    console = Console(capsys)
    async with beside(storage(tmp_path, (blob, queue, table))):
        await eventually(lambda: console.shows("Ctrl-C stops it"), within=120)
        assert not any(is_free(port) for port in (blob, queue, table))
        assert f"  blob   http://127.0.0.1:{blob}\n" in console.text
    assert all(is_free(port) for port in (blob, queue, table))


async def test_storage_on_a_port_in_use_is_refused(tmp_path: Path) -> None:
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with pytest.raises(CommandError, match=f"^port {port} is in use: stop what uses it$"):
            await storage(tmp_path, (port, port, port))


async def test_a_service_that_cannot_start_is_given_up_and_nothing_is_left(tmp_path: Path) -> None:
    empty = tmp_path / "app"
    empty.mkdir()
    choices = Choices(port=0, data=tmp_path / "data", app=empty)
    with pytest.raises(CommandError, match="giving up: host died after 5 restarts"):
        async with running_system(choices):
            pytest.fail("started")
    assert not (tmp_path / "data" / "run.json").exists()


async def test_a_demonstration_that_fails_is_said_and_the_system_stays_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    console = Console(capsys)
    async with beside(up(Choices(port=0, data=tmp_path, app=APP), show_demo=True, verbose=False)):
        await eventually(lambda: console.shows("Ctrl-C stops everything."), within=120)
        failure = "the demonstration failed: GET /notifications/api/v1/future/shipment/feed answered 404"
        assert console.text.index("ready http") < console.text.index(failure) < console.text.index("  curl -s")
