"""How a host starts, refuses to start, and stops; each test has a host of its own."""

import asyncio
import json
import re
import shutil
import signal
import socket
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueClient, QueueServiceClient

from local.ports import free_ports
from tests.host.relay import Relay
from tests.host.running import APP, RunningHost, until

type Start = Callable[..., RunningHost]
NOTHING = "import azure.functions as func\napp = func.FunctionApp()\n"


@pytest.fixture
def own() -> str:
    """What the names of this test's queues begin with, so that no other test's messages come in."""
    return f"own{uuid4().hex[:8]}"


@pytest.fixture
def app(tmp_path: Path, own: str) -> Path:
    """A copy of the test app whose queues are its own."""
    root = tmp_path / "app"
    shutil.copytree(APP, root, ignore=shutil.ignore_patterns("__pycache__"))
    script = root / "function_app.py"
    script.write_text(re.sub(r'queue_name="([a-z]{3,})', rf'queue_name="{own}-\1', script.read_text("utf-8")), "utf-8")
    return root


@pytest.fixture
def work(queues: QueueServiceClient, own: str) -> QueueClient:
    return queues.get_queue_client(f"{own}-work")


def change_host_json(app: Path, extension: str, **values: object) -> None:
    content = json.loads((app / "host.json").read_text())
    content["extensions"].setdefault(extension, {}).update(values)
    (app / "host.json").write_text(json.dumps(content))


def encoded(text: str) -> str:
    return b64encode(text.encode()).decode()


def depth(queue: QueueClient) -> int:
    return queue.get_queue_properties().approximate_message_count or 0


@pytest.fixture
def start(app: Path, own: str, connection: str) -> Iterator[Start]:
    with ExitStack() as stack:

        def begin(*arguments: str, root: Path = app, **environment: str) -> RunningHost:
            values = {
                "AzureWebJobsStorage": connection,
                "OutQueue": f"{own}-outs",
                "Tick": "0 0 0 1 1 *",
                **environment,
            }
            return stack.enter_context(RunningHost(root, values, arguments))

        yield begin


@pytest.fixture
def small(tmp_path: Path) -> Callable[[str], Path]:
    def write(script: str, host_json: str = "{}") -> Path:
        (tmp_path / "host.json").write_text(host_json)
        (tmp_path / "function_app.py").write_text(script)
        return tmp_path

    return write


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_waits_for_what_runs_and_takes_nothing_new(start: Start, number: signal.Signals) -> None:
    host = start()
    with httpx.Client(timeout=60) as client, client.stream("GET", host.url("unrouted")) as response:
        response.read()
    with socket.create_connection(("127.0.0.1", int(host.address.rsplit(":", 1)[1]))) as waiting:
        waiting.sendall(b"GET /api/wait/2 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        until(lambda: httpx.get(host.url("seen/waiting")).json())
        host.signal(number)
        until(lambda: refused(host))
        answer = b"".join(iter(lambda: waiting.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"waited")
    assert host.finished() == 0
    assert host.err == []


def refused(host: RunningHost) -> bool:
    try:
        httpx.get(host.url("unrouted"), timeout=5)
    except httpx.TransportError:
        return True
    return False


def test_a_message_in_work_is_finished_before_the_host_ends(start: Start, work: QueueClient) -> None:
    host = start()
    assert host.address
    work.send_message(encoded("wait 2"))
    until(lambda: httpx.get(host.url("seen/work")).json())
    host.signal()
    assert host.finished() == 0
    assert host.printed("Executed 'Functions.work' (Succeeded")
    assert depth(work) == 0


def test_an_idle_connection_does_not_hold_up_the_stop(start: Start) -> None:
    host = start()
    with httpx.Client() as client:
        assert client.get(host.url("unrouted")).status_code == 200
        host.signal()
        assert host.finished() == 0


def test_a_second_signal_ends_it_at_once(start: Start) -> None:
    host = start()
    with socket.create_connection(("127.0.0.1", int(host.address.rsplit(":", 1)[1]))) as waiting:
        waiting.sendall(b"GET /api/wait/600 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        until(lambda: httpx.get(host.url("seen/waiting")).json())
        host.signal()
        until(lambda: refused(host))
        host.signal()
        assert host.finished() == 128 + signal.SIGTERM


def test_a_message_stays_invisible_while_its_function_runs_longer_than_the_lease(
    start: Start, work: QueueClient
) -> None:
    host = start("--lease", "4")
    assert host.address
    work.send_message(encoded("wait 9"))
    until(lambda: "wait 9" in httpx.get(host.url("seen/worked")).json())
    assert len(httpx.get(host.url("seen/work")).json()) == 1
    until(lambda: depth(work) == 0)
    assert host.err == []


def test_a_message_of_a_killed_host_comes_back_when_its_lease_ends(start: Start, work: QueueClient) -> None:
    killed = start("--lease", "3")
    assert killed.address
    work.send_message(encoded("wait 3.5"))
    until(lambda: httpx.get(killed.url("seen/work")).json())
    killed.signal(signal.SIGKILL)
    killed.finished()
    host = start()
    [message] = until(lambda: httpx.get(host.url("seen/work")).json())
    assert message["dequeue_count"] == 2


def test_a_failed_message_is_given_back_after_the_visibility_timeout(
    start: Start, app: Path, work: QueueClient
) -> None:
    change_host_json(app, "queues", visibilityTimeout="01:00:00")
    host = start("--lease", "4")
    assert host.address
    work.send_message(encoded("fail and wait an hour"))
    until(lambda: host.printed("Executed 'Functions.work' (Failed"))
    # Had the message not been given an hour, it would be back when its lease of four seconds ends.
    work.send_message(encoded("wait 7"))
    until(lambda: "wait 7" in httpx.get(host.url("seen/worked")).json())
    assert [each["body"] for each in httpx.get(host.url("seen/work")).json()] == ["fail and wait an hour", "wait 7"]
    assert depth(work) >= 1


def test_after_its_last_try_a_message_goes_to_the_poison_queue_without_a_further_wait(
    start: Start, app: Path, work: QueueClient
) -> None:
    change_host_json(app, "queues", visibilityTimeout="01:00:00", maxDequeueCount=1)
    host = start()
    assert host.address
    work.send_message(encoded("fail once"))
    until(lambda: "fail once" in httpx.get(host.url("seen/poison")).json())
    until(lambda: depth(work) == 0)


def test_messages_without_encoding_are_taken_and_put_as_they_are(
    start: Start, app: Path, work: QueueClient, queues: QueueServiceClient, own: str
) -> None:
    change_host_json(app, "queues", messageEncoding="none")
    host = start(**{"AzureWebJobs.outs.Disabled": "1"})
    assert host.address
    work.send_message("plain & <simple>")
    until(lambda: "plain & <simple>" in httpx.get(host.url("seen/worked")).json())
    assert httpx.post(host.url("put/message")).status_code == 200
    [message] = queues.get_queue_client(f"{own}-outs").receive_messages()
    assert message.content == "æ message"


def test_local_settings_beside_the_app_are_read_and_the_environment_wins(start: Start, app: Path, own: str) -> None:
    (app / "local.settings.json").write_text('{"Values": {"OutQueue": "from-file", "Other": "from file"}}')
    host = start()
    assert httpx.get(host.url("setting/Other")).text == "from file"
    assert httpx.get(host.url("setting/OutQueue")).text == f"{own}-outs"


def test_an_empty_route_prefix_serves_from_the_root(start: Start, app: Path) -> None:
    change_host_json(app, "http", routePrefix="")
    host = start()
    assert httpx.get(f"{host.address}/unrouted").text == "reached by name"
    assert httpx.get(f"{host.address}/api/unrouted").status_code == 404


async def test_a_request_beyond_the_limit_is_refused_with_an_empty_429(start: Start, app: Path) -> None:
    change_host_json(app, "http", maxConcurrentRequests=1, maxOutstandingRequests=1)
    host = start()
    async with httpx.AsyncClient(base_url=host.url(""), timeout=60) as client:
        first = asyncio.create_task(client.get("wait/3"))
        await asyncio.to_thread(until, lambda: host.printed("Executing 'Functions.wait'"))
        refused = await client.get("unrouted")
        assert (refused.status_code, refused.content) == (429, b"")
        assert (await first).text == "waited"
        assert (await client.get("unrouted")).status_code == 200


def test_a_disabled_function_is_not_there(start: Start) -> None:
    host = start(**{"AzureWebJobs.unrouted.Disabled": "true"})
    assert httpx.get(host.url("unrouted")).status_code == 404
    assert not host.printed("unrouted")


def test_keys_guard_functions_and_admin_endpoints(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text('{"masterKey": "m", "functions": {"guarded": {"default": "f"}}}')
    host = start("--keys", str(path))
    wrong = httpx.get(host.url("guarded"))
    assert (wrong.status_code, wrong.content) == (401, b"")
    assert httpx.get(host.url("guarded?code=f")).text == "in"
    assert httpx.get(host.url("guarded"), headers={"x-functions-key": "f"}).text == "in"
    assert httpx.get(host.url("masters?code=f")).status_code == 401
    assert httpx.get(host.url("masters?code=m")).text == "in"
    assert httpx.get(host.url("unrouted")).status_code == 200
    assert httpx.get(f"{host.address}/admin/functions").status_code == 401
    assert httpx.get(f"{host.address}/admin/functions?code=m").status_code == 200


def test_without_keys_guarded_functions_are_open_as_in_core_tools(start: Start) -> None:
    host = start()
    assert httpx.get(host.url("guarded")).text == "in"


@pytest.fixture
def away(connection: str) -> Iterator[tuple[str, Callable[[], None]]]:
    """The same storage behind an address where nothing listens until it is called upon to come back."""
    target = int(re.findall(r"127\.0\.0\.1:(\d+)", connection)[0])
    [port] = free_ports(1)
    with ExitStack() as stack:

        def come_back() -> None:
            relay = stack.enter_context(Relay(("127.0.0.1", port), target))
            thread = threading.Thread(target=relay.serve_forever)
            stack.callback(thread.join)
            stack.callback(relay.shutdown)
            thread.start()

        yield connection.replace(f"127.0.0.1:{target}", f"127.0.0.1:{port}"), come_back


def test_storage_that_is_away_is_said_once_and_asked_until_it_comes(
    start: Start, work: QueueClient, away: tuple[str, Callable[[], None]], own: str
) -> None:
    connection, come_back = away
    host = start(AzureWebJobsStorage=connection)
    assert httpx.get(host.url("unrouted")).status_code == 200
    come_back()
    until(lambda: work_arrives(host, work))
    assert len([line for line in host.err if f"Queue {own}-work cannot be reached, trying again" in line]) == 1
    host.signal()
    assert host.finished() == 0


def work_arrives(host: RunningHost, work: QueueClient) -> bool:
    with suppress(ResourceNotFoundError):
        work.send_message(encoded("at last"))
    return "at last" in httpx.get(host.url("seen/worked")).json()


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("raise ValueError('a setting is missing')", "ValueError: a setting is missing"),
        ("import no_such_module", "no_such_module"),
        ("nothing = 1", "Could not find top level function app instances"),
        (
            NOTHING + "@app.route()\ndef f(req: func.HttpRequest, other: int) -> str: return ''\n",
            "declared in Python but not in the function definition",
        ),
    ],
)
def test_an_app_that_cannot_be_indexed_is_an_error_and_exit_1(
    start: Start, small: Callable[[str], Path], script: str, reason: str
) -> None:
    host = start(root=small(script))
    assert host.finished() == 1
    assert host.err[-1].startswith("The app could not be indexed: ")
    assert reason in host.err[-1]


TIMER = '@app.timer_trigger(arg_name="t", schedule="{}")\ndef f(t: func.TimerRequest) -> None: pass\n'
ROUTE = '@app.route(route="{}")\ndef f(req: func.HttpRequest) -> str: return ""\n'
QUEUE = (
    '@app.queue_trigger(arg_name="m", queue_name="{}", connection="{}")\ndef f(m: func.QueueMessage) -> None: pass\n'
)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (TIMER.format("61 * * * * *"), "61 is not between 0 and 59"),
        (TIMER.format("%NoSuchSchedule%"), "'NoSuchSchedule'"),
        (ROUTE.format("a/{b"), "braces"),
        (QUEUE.format("%NoSuchQueue%", "AzureWebJobsStorage"), "'NoSuchQueue'"),
        (QUEUE.format("one", "NoSuchStorage"), "'NoSuchStorage' must hold a storage connection string"),
        (QUEUE.format("one", "Nonsense"), "'Nonsense' must hold a storage connection string"),
    ],
)
def test_a_setting_that_cannot_be_used_is_one_line_and_exit_1(
    start: Start, small: Callable[[str], Path], script: str, reason: str
) -> None:
    host = start(root=small(NOTHING + script), Nonsense="https://example.com/")
    assert host.finished() == 1
    [line] = host.err
    assert line.startswith("The host could not start: ")
    assert reason in line


def test_a_port_that_is_taken_is_one_line_and_exit_1(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        host = start("--port", str(taken.getsockname()[1]))
        assert host.finished() == 1
    [line] = host.err
    assert "address already in use" in line


def test_a_folder_without_an_app_is_one_line_and_exit_1(start: Start, tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text("{}")
    host = start(root=tmp_path)
    assert host.finished() == 1
    assert "function_app.py does not exist" in host.err[-1]


def test_a_function_with_an_unknown_binding_is_in_error_and_the_others_run(
    start: Start, small: Callable[[str], Path]
) -> None:
    blob = '@app.blob_trigger(arg_name="b", path="c/n", connection="x")\ndef g(b: func.InputStream) -> None: pass\n'
    host = start(root=small(NOTHING + ROUTE.format("fine") + blob))
    assert httpx.get(host.url("fine")).status_code == 200
    assert host.err == ["The 'g' function is in error: The binding type(s) 'blobTrigger' are not registered."]
