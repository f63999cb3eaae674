"""HTTP-triggered functions through a real host."""

import json
import socket
from base64 import b64decode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.host.running import APP, RunningHost, until

GUID = "0f8fad5b-d9cb-469f-a165-70867728950e"


def echoed(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == 200
    answer: dict[str, Any] = response.json()
    return answer


def test_method_address_headers_and_body_arrive(client: httpx.Client) -> None:
    response = client.put(f"echo/{GUID}/kari?x=1&y=%C3%A5+b", content=b"\x00\xff", headers={"X-Mixed": "Case"})
    echo = echoed(response)
    assert echo["method"] == "PUT"
    assert echo["url"] == f"{client.base_url}echo/{GUID}/kari?x=1&y=%C3%A5+b"
    assert echo["headers"]["x-mixed"] == "Case"
    assert echo["query"] == {"x": "1", "y": "å b"}
    assert echo["route"] == {"id": GUID, "name": "kari"}
    assert b64decode(echo["body"]) == b"\x00\xff"


def test_a_body_that_is_said_to_be_packed_arrives_as_it_was_sent(client: httpx.Client) -> None:
    response = client.put(f"echo/{GUID}/kari", content=b"no gzip at all", headers={"Content-Encoding": "gzip"})
    assert b64decode(echoed(response)["body"]) == b"no gzip at all"


def test_repeated_headers_and_query_values_are_joined_by_a_comma(client: httpx.Client) -> None:
    echo = echoed(client.get(f"echo/{GUID}?x=1&x=2", headers=[("X-Two", "a"), ("X-Two", "b")]))
    assert echo["query"] == {"x": "1,2"}
    assert echo["headers"]["x-two"] == "a,b"


def test_an_empty_query_value_is_left_out_as_in_azure(client: httpx.Client) -> None:
    assert echoed(client.get(f"echo/{GUID}?x=&y=1"))["query"] == {"y": "1"}


def test_an_absent_optional_parameter_is_not_among_the_route_values(client: httpx.Client) -> None:
    assert echoed(client.get(f"echo/{GUID}"))["route"] == {"id": GUID}


def test_a_chunked_body_arrives_empty_as_in_azure(client: httpx.Client) -> None:
    assert echoed(client.post(f"echo/{GUID}", content=iter([b"one", b"two"])))["body"] == ""


def test_routes_are_matched_without_regard_to_case(client: httpx.Client) -> None:
    assert client.get(f"ECHO/{GUID}").status_code == 200


def test_a_client_that_asks_before_it_sends_is_told_to_go_on(client: httpx.Client) -> None:
    echo = echoed(client.post(f"echo/{GUID}", content=b"after 100", headers={"Expect": "100-continue"}))
    assert b64decode(echo["body"]) == b"after 100"


def test_a_client_that_offers_http_2_is_answered_over_http_1(client: httpx.Client) -> None:
    """As Java's HttpClient begins unless it is told otherwise."""
    offer = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAEAAEAAAAIAAAAAAAMAAAAA"}
    response = client.post(f"echo/{GUID}", content=b"at once", headers=offer)
    assert (response.http_version, b64decode(echoed(response)["body"])) == ("HTTP/1.1", b"at once")


def test_a_callers_trace_goes_on_in_the_function(client: httpx.Client) -> None:
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    echo = echoed(client.get(f"echo/{GUID}", headers={"traceparent": parent, "tracestate": "vendor=1"}))
    assert echo["trace"].startswith("00-4bf92f3577b34da6a3ce929d0e0e4736-")
    assert echo["trace"] != parent
    assert echo["state"] == "vendor=1"


def test_a_function_without_a_route_answers_at_its_name(client: httpx.Client) -> None:
    assert client.get("unrouted").text == "reached by name"


def test_a_catch_all_takes_what_is_left_to_it(client: httpx.Client) -> None:
    assert client.get("files/other/deep.txt").json() == {"path": "other/deep.txt"}
    assert client.get("files").json() == {"path": None}


def test_a_catch_all_hides_a_literal_route_whose_function_comes_after_it_by_name(client: httpx.Client) -> None:
    assert client.get("files/literal").json() == {"path": "literal"}
    assert client.get("files/before").text == "before"


def test_a_path_that_does_not_meet_the_first_functions_constraint_is_the_nexts(client: httpx.Client) -> None:
    assert client.put("number/12").text == "int 12"
    assert client.put("number/twelve").text == "text twelve"


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "nothing/here"), ("GET", "number/12"), ("HEAD", "files/literal"), ("GET", "echo/12")]
)
def test_an_unknown_route_or_method_is_an_empty_404(client: httpx.Client, method: str, path: str) -> None:
    response = client.request(method, path)
    assert (response.status_code, response.content) == (404, b"")


def test_nothing_is_served_outside_the_route_prefix(host: RunningHost) -> None:
    assert httpx.get(f"{host.address}/unrouted").status_code == 404


def test_a_declared_response_is_sent_as_it_was_made(client: httpx.Client) -> None:
    response = client.get("response")
    assert response.status_code == 418
    assert response.content == "blå".encode("latin-1")
    assert response.headers["content-type"] == "text/x-tea; charset=latin-1"
    assert response.headers["content-length"] == "3"
    assert response.headers["x-one"] == "1"


def test_each_cookie_is_a_header_of_its_own(client: httpx.Client) -> None:
    assert client.get("response").headers.get_list("set-cookie") == [
        "a=1; path=/tea; httponly",
        "b=two; max-age=60; path=/; secure; samesite=lax",
    ]


def test_the_head_of_a_response_is_sent_without_its_body(client: httpx.Client) -> None:
    response = client.head("response")
    assert (response.status_code, response.content) == (418, b"")


def test_text_alone_is_a_plain_text_response_and_comes_from_a_thread(client: httpx.Client) -> None:
    response = client.get("text")
    assert response.text == "text from a thread that is not main"
    assert response.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("path", ["explode", "cancelled"])
def test_an_exception_in_a_function_is_an_empty_500(client: httpx.Client, path: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.content) == (500, b"")


def test_a_header_that_would_break_the_response_is_a_500(client: httpx.Client, host: RunningHost) -> None:
    response = client.get("badheader")
    assert (response.status_code, response.content) == (500, b"")
    until(lambda: "Functions.bad_header: its response cannot be sent: a header holds a control character" in host.err)


def test_the_app_runs_in_its_own_folder(client: httpx.Client) -> None:
    assert client.get("relative").content == (APP / "host.json").read_bytes()


def test_what_an_invocation_puts_into_its_context_is_not_seen_by_the_next(client: httpx.Client) -> None:
    assert [client.get(f"remember/{word}").text for word in ("one", "two", "three")] == ["nothing"] * 3


def test_a_function_goes_on_when_its_client_has_gone(host: RunningHost) -> None:
    before = len(host.printed("Executing 'Functions.wait'"))
    with socket.create_connection(("127.0.0.1", int(host.address.rsplit(":", 1)[1]))) as connection:
        connection.sendall(b"GET /api/wait/1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        [began] = until(lambda: host.printed("Executing 'Functions.wait'")[before:])
    invocation_id = began.split("Id=")[1].removesuffix(")")
    until(lambda: host.printed(f"Executed 'Functions.wait' (Succeeded, Id={invocation_id}"))


def test_a_failure_is_told_on_stdout_and_its_exception_on_stderr(client: httpx.Client, host: RunningHost) -> None:
    client.get("explode")
    executed = until(lambda: host.printed("Executed 'Functions.explode' (Failed, Id="))
    assert executed[0].endswith("ms)")
    until(lambda: "RuntimeError: the kettle is broken" in host.err)


def test_an_invocation_is_told_from_its_beginning_to_its_end(client: httpx.Client, host: RunningHost) -> None:
    client.get("unrouted")
    began = until(lambda: host.printed("Executing 'Functions.unrouted' (Reason='"))[0]
    assert "This function was programmatically called via the host APIs." in began
    invocation_id = began.split("Id=")[1].removesuffix(")")
    until(lambda: host.printed(f"Executed 'Functions.unrouted' (Succeeded, Id={invocation_id}, Duration="))


def test_the_apps_log_is_one_line_each_from_info_up(client: httpx.Client, host: RunningHost) -> None:
    client.post("log")
    assert until(lambda: host.printed("first line"))[0].endswith(r"Z] first line\nsecond line")
    assert not host.printed("never shown")


def test_a_header_may_be_as_long_as_in_azure(client: httpx.Client) -> None:
    assert echoed(client.get(f"echo/{GUID}", headers={"X-Long": "x" * 30_000}))["headers"]["x-long"] == "x" * 30_000


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /api/secret HTTP/1.1\r\nX-Secret: " + b"secret" * 6_000,
        b"GET /api/" + b"secret" * 2_000 + b" HTTP/1.1",
        b"SECRET /api/echo HTTP/1.1",
        b"GET /api/echo HTTP/1.1\r\nX-Secret: secret\0",
    ],
    ids=["long header", "long path", "unknown method", "control character"],
)
def test_what_is_no_http_request_is_a_400_that_quotes_nothing(host: RunningHost, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", int(host.address.rsplit(":", 1)[1])), timeout=60) as connection:
        connection.sendall(sent + b"\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b" 400 Bad Request\r\n" in head
    assert b"Content-Type: application/problem+json" in head
    assert json.loads(body)["status"] == 400
    assert b"secret" not in answer.lower()


def test_a_body_above_the_limit_is_refused_with_413_before_it_is_sent(host: RunningHost) -> None:
    with socket.create_connection(("127.0.0.1", int(host.address.rsplit(":", 1)[1])), timeout=60) as connection:
        head = f"POST /api/echo/{GUID} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 104857601\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 413 ")


@pytest.fixture
def many() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(50) as pool:
        yield pool


def test_fifty_requests_are_served_at_the_same_time(client: httpx.Client, many: ThreadPoolExecutor) -> None:
    answers = list(many.map(lambda _: client.get("together/50").text, range(50)))
    assert answers == ["together"] * 50


def test_the_function_list_is_printed_with_methods_and_addresses(host: RunningHost) -> None:
    assert host.printed("\tany_file: [GET] ") == [f"\tany_file: [GET] {host.url('files/{*path}')}"]
    assert host.printed("\techo: ") == [f"\techo: {host.url('echo/{id:guid}/{name?}')}"]
    assert host.printed("\ttick: ") == ["\ttick: timerTrigger"]
    assert host.printed("\twork: ") == ["\twork: queueTrigger"]
