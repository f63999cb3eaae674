"""Queue-triggered functions through a real host on a real Azurite."""

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from azure.storage.queue import QueueServiceClient

from tests.host.running import RunningHost, until

type Seen = Callable[[str], list[Any]]


@pytest.fixture
def seen(client: httpx.Client) -> Seen:
    def ask(what: str) -> list[Any]:
        answer: list[Any] = client.get(f"seen/{what}").json()
        return answer

    return ask


@pytest.fixture
def put(queues: QueueServiceClient, host: RunningHost) -> Callable[[str, bytes], str]:
    def send(queue: str, body: bytes) -> str:
        assert host.address
        return str(queues.get_queue_client(queue).send_message(b64encode(body).decode()).id)

    return send


type Put = Callable[[str, bytes], str]


def depth(queues: QueueServiceClient, queue: str) -> int:
    return queues.get_queue_client(queue).get_queue_properties().approximate_message_count or 0


def test_a_message_arrives_with_its_metadata_and_is_deleted(queues: QueueServiceClient, put: Put, seen: Seen) -> None:
    message_id = put("work", "hei på deg".encode())
    [message] = until(lambda: [each for each in seen("work") if each["id"] == message_id])
    assert message["body"] == "hei på deg"
    assert message["dequeue_count"] == 1
    assert message["receipt"]
    assert message["inserted"] < message["visible"] < message["expires"]
    assert all(message[moment].endswith("+00:00") for moment in ("inserted", "visible", "expires"))
    until(lambda: depth(queues, "work") == 0)


def test_a_failing_message_is_tried_to_the_limit_and_then_moved_to_the_poison_queue(
    queues: QueueServiceClient, put: Put, seen: Seen
) -> None:
    message_id = put("work", b"fail for good")
    until(lambda: "fail for good" in seen("poison"))
    counts = [each["dequeue_count"] for each in seen("work") if each["id"] == message_id]
    assert counts == [1, 2]
    until(lambda: depth(queues, "work") == 0)


def test_a_message_that_fails_in_a_poison_queue_stays_there_unseen(
    queues: QueueServiceClient, put: Put, seen: Seen
) -> None:
    put("work-poison", b"poison itself")
    until(lambda: "poison itself" in seen("poison"))
    put("work-poison", b"after it")
    until(lambda: "after it" in seen("poison"))
    assert seen("poison").count("poison itself") == 1
    assert depth(queues, "work-poison") >= 2


@pytest.mark.parametrize("content", ["not base64!", "abc"])
def test_an_undecodable_message_goes_to_the_poison_queue_as_it_is_without_being_run(
    queues: QueueServiceClient, seen: Seen, host: RunningHost, content: str
) -> None:
    queue = queues.get_queue_client("typed")
    until(lambda: host.printed("\ttyped: queueTrigger"))
    queue.send_message(content)
    poison = queues.get_queue_client("typed-poison")
    held = until(lambda: [each.content for each in _peeked(poison)], lambda contents: content in contents)
    assert held
    assert content not in seen("typed")
    until(lambda: depth(queues, "typed") == 0)


def _peeked(queue: Any) -> list[Any]:
    try:
        return list(queue.peek_messages(32))
    except Exception as error:
        if getattr(error, "status_code", None) == 404:
            return []
        raise


def test_base64_with_line_breaks_is_decoded(queues: QueueServiceClient, seen: Seen, host: RunningHost) -> None:
    until(lambda: host.printed("\ttyped: queueTrigger"))
    queues.get_queue_client("typed").send_message("YnJv\r\na2Vu\n")
    until(lambda: "broken" in seen("typed"))


def test_a_trigger_of_type_text_gets_the_text(put: Put, seen: Seen) -> None:
    put("typed", b'{"as": "it is"}')
    until(lambda: '{"as": "it is"}' in seen("typed"))


def test_a_binary_trigger_gets_the_bytes(put: Put, seen: Seen) -> None:
    put("binary", b"\x00\xff\xfe")
    until(lambda: [0, 255, 254] in seen("binary"))


def test_bytes_that_are_no_text_end_in_the_poison_queue_of_a_text_trigger(put: Put, queues: QueueServiceClient) -> None:
    put("typed", b"\xff\xfe no text")
    poison = queues.get_queue_client("typed-poison")
    content = b64encode(b"\xff\xfe no text").decode()
    until(lambda: content in [each.content for each in _peeked(poison)])


def test_no_more_run_at_once_than_batch_size_plus_threshold(put: Put, seen: Seen) -> None:
    for number in range(20):
        put("work", f"wait 1.0{number:02}".encode())
    until(lambda: sum(body.startswith("wait 1.0") for body in seen("worked")), lambda worked: worked == 20)
    assert 4 <= max(seen("running")) <= 6


@pytest.mark.parametrize(("form", "expected"), [("message", ["æ message"]), ("list", ["one", "two"]), ("nothing", [])])
def test_outputs_become_messages(client: httpx.Client, seen: Seen, form: str, expected: list[str]) -> None:
    assert client.post(f"put/{form}").status_code == 200
    until(lambda: set(expected) <= set(seen("outs")))


def test_a_returned_value_becomes_a_message_beside_the_response(client: httpx.Client, seen: Seen) -> None:
    response = client.post("return", content="returned")
    assert (response.status_code, response.text) == (202, "put")
    until(lambda: "returned" in seen("outs"))


def test_an_output_that_cannot_be_written_fails_the_invocation(client: httpx.Client, host: RunningHost) -> None:
    assert client.post("unwritable").status_code == 500
    until(lambda: host.printed("Executed 'Functions.unwritable' (Failed"))
    until(lambda: any("Functions.unwritable: its output could not be written" in line for line in list(host.err)))


def test_a_message_is_announced_with_its_queue(put: Put, host: RunningHost) -> None:
    put("work", b"announced")
    until(lambda: host.printed("Executing 'Functions.work' (Reason='New queue message detected on 'work'.'"))


def test_a_message_that_the_function_deleted_itself_is_no_failure(
    queues: QueueServiceClient, put: Put, seen: Seen, host: RunningHost
) -> None:
    message_id = put("work", b"wait 3.5")
    [message] = until(lambda: [each for each in seen("work") if each["id"] == message_id])
    queues.get_queue_client("work").delete_message(message_id, message["receipt"])
    until(lambda: "wait 3.5" in seen("worked"))
    put("work", b"after the deleted one")
    until(lambda: "after the deleted one" in seen("worked"))
    assert not [line for line in host.err if message_id in line]


def test_a_message_that_another_has_taken_over_is_left_to_it(
    queues: QueueServiceClient, put: Put, seen: Seen, host: RunningHost
) -> None:
    message_id = put("work", b"wait 3.6")
    [message] = until(lambda: [each for each in seen("work") if each["id"] == message_id])
    queue = queues.get_queue_client("work")
    taken = queue.update_message(message_id, message["receipt"], visibility_timeout=600)
    until(lambda: "wait 3.6" in seen("worked"))
    put("work", b"after the taken one")
    until(lambda: "after the taken one" in seen("worked"))
    assert not [line for line in host.err if message_id in line]
    queue.delete_message(message_id, taken.pop_receipt)


def test_a_json_message_stays_what_it_was(put: Put, seen: Seen) -> None:
    body = json.dumps({"v": 1, "s": ["a", "b"]})
    put("work", body.encode())
    until(lambda: body in seen("worked"))
