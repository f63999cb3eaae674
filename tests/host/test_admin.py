"""The admin endpoints of a real host."""

from collections.abc import Iterator

import httpx
import pytest

from tests.host.running import RunningHost, until


@pytest.fixture
def admin(host: RunningHost) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{host.address}/admin/", timeout=60) as client:
        yield client


def test_a_timer_is_run_now(admin: httpx.Client, client: httpx.Client) -> None:
    before = len(client.get("seen/yearly").json())
    response = admin.post("functions/yearly", json={})
    assert (response.status_code, response.content) == (202, b"")
    assert until(lambda: client.get("seen/yearly").json()[before:]) == [False]


def test_a_queue_function_is_run_now_with_the_given_input(admin: httpx.Client, client: httpx.Client) -> None:
    assert admin.post("functions/work", json={"input": "by hand"}).status_code == 202
    [message] = until(lambda: [each for each in client.get("seen/work").json() if each["body"] == "by hand"])
    assert message["dequeue_count"] == 0


def test_an_input_that_is_no_text_is_given_as_json(admin: httpx.Client, client: httpx.Client) -> None:
    assert admin.post("functions/WORK", json={"input": {"n": 1}}).status_code == 202
    until(lambda: '{"n": 1}' in client.get("seen/worked").json())


def test_an_http_function_is_run_now(admin: httpx.Client, host: RunningHost) -> None:
    before = len(host.printed("Executed 'Functions.unrouted' (Succeeded"))
    assert admin.post("functions/unrouted", json={"input": ""}).status_code == 202
    until(lambda: host.printed("Executed 'Functions.unrouted' (Succeeded")[before:])


def test_an_unknown_function_is_a_404(admin: httpx.Client) -> None:
    assert admin.post("functions/nobody", json={}).status_code == 404
    assert admin.delete("functions/work").status_code == 404


@pytest.mark.parametrize("body", [b"{", b"[]"])
def test_a_body_that_is_no_json_object_is_a_400(admin: httpx.Client, body: bytes) -> None:
    assert admin.post("functions/work", content=body).status_code == 400


def test_the_functions_are_listed_with_their_bindings(admin: httpx.Client, host: RunningHost) -> None:
    listed = {each["name"]: each for each in admin.get("functions").json()}
    assert listed["work"]["config"]["bindings"][0]["queueName"] == "work"
    assert listed["work"]["href"] == f"{host.address}/admin/functions/work"
    assert admin.get("functions/work").json() == listed["work"]


def test_the_host_tells_that_it_runs(admin: httpx.Client) -> None:
    assert admin.get("host/status").json()["state"] == "Running"
    assert admin.get("host/ping").status_code == 200
    assert admin.get("host/nothing").status_code == 404
