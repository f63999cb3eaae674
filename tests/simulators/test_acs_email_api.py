"""The email provider's REST API: authentication, validation, idempotent operations, throttling."""

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from tests.simulators.acs import VERSION, message, signed_headers, simulated

BODY = json.dumps(message("someone@example.com")).encode()


async def post(base: str, headers: dict[str, str], body: bytes = BODY) -> httpx.Response:
    async with httpx.AsyncClient() as http:
        return await http.post(f"{base}/emails:send?api-version={VERSION}", content=body, headers=headers)


def send_url(base: str) -> httpx.URL:
    return httpx.URL(f"{base}/emails:send?api-version={VERSION}")


async def test_an_accepted_email_is_answered_202_with_where_to_ask_for_it() -> None:
    operation_id = str(uuid.uuid4())
    async with simulated() as acs:
        answer = await acs.send("someone@example.com", operation_id)
        assert answer.status_code == 202
        assert answer.json() == {"id": operation_id, "status": "Running"}
        assert (
            answer.headers["Operation-Location"] == f"{acs.base}/emails/operations/{operation_id}?api-version={VERSION}"
        )
        assert int(answer.headers["retry-after"]) > 0


async def test_an_operation_runs_until_the_email_is_reported_and_then_succeeded() -> None:
    operation_id = str(uuid.uuid4())
    async with simulated(report_delay=3600) as acs:
        await acs.send("someone@example.com", operation_id)
        running = await acs.operation(operation_id)
        assert running.json() == {"id": operation_id, "status": "Running"}
        assert int(running.headers["retry-after"]) > 0
    async with simulated() as acs:
        await acs.send("someone@example.com", operation_id)
        assert (await acs.operation(operation_id)).json() == {"id": operation_id, "status": "Succeeded"}
        assert (await acs.operation(operation_id.upper())).json()["status"] == "Succeeded"


async def test_an_unknown_operation_is_answered_404() -> None:
    async with simulated() as acs:
        answer = await acs.operation(str(uuid.uuid4()))
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NotFound")


async def test_an_operation_without_an_id_gets_one() -> None:
    async with simulated() as acs:
        answer = await post(acs.base, signed_headers("POST", send_url(acs.base), BODY))
        assert answer.status_code == 202
        assert uuid.UUID(answer.json()["id"])


async def test_a_wrong_key_is_answered_401() -> None:
    async with simulated() as acs:
        answer = await post(acs.base, signed_headers("POST", send_url(acs.base), BODY, key=b"another"))
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "Denied")
        assert answer.headers["x-ms-error-code"] == "Denied"


@pytest.mark.parametrize("missing", ["Authorization", "x-ms-date", "x-ms-content-sha256"])
async def test_a_missing_authentication_header_is_answered_401(missing: str) -> None:
    async with simulated() as acs:
        headers = signed_headers("POST", send_url(acs.base), BODY)
        del headers[missing]
        assert (await post(acs.base, headers)).status_code == 401


async def test_a_body_other_than_the_signed_one_is_answered_401() -> None:
    async with simulated() as acs:
        headers = signed_headers("POST", send_url(acs.base), BODY)
        assert (await post(acs.base, headers, BODY + b" ")).status_code == 401


async def test_a_path_other_than_the_signed_one_is_answered_401() -> None:
    async with simulated() as acs:
        headers = signed_headers("POST", httpx.URL(f"{acs.base}/emails:send"), BODY)
        assert (await post(acs.base, headers)).status_code == 401


@pytest.mark.parametrize("hours", [-1, 1])
async def test_a_signature_of_another_hour_is_answered_401(hours: int) -> None:
    async with simulated() as acs:
        date = format_datetime(datetime.now(UTC) + timedelta(hours=hours), usegmt=True)
        headers = signed_headers("POST", send_url(acs.base), BODY, date=date)
        assert (await post(acs.base, headers)).status_code == 401


async def test_a_signature_with_a_malformed_date_is_answered_401() -> None:
    async with simulated() as acs:
        headers = signed_headers("POST", send_url(acs.base), BODY, date="yesterday")
        assert (await post(acs.base, headers)).status_code == 401


async def test_asking_for_an_operation_needs_a_signature_too() -> None:
    async with simulated() as acs:
        answer = await acs.http.get(f"{acs.base}/emails/operations/{uuid.uuid4()}?api-version={VERSION}")
        assert answer.status_code == 401


async def test_a_bearer_token_is_accepted_only_where_it_is_allowed() -> None:
    headers = {"Authorization": "Bearer token"}
    async with simulated() as acs:
        assert (await post(acs.base, headers)).status_code == 401
    async with simulated(allow_bearer=True) as acs:
        assert (await post(acs.base, headers)).status_code == 202
        assert (await post(acs.base, {"Authorization": "Basic token"})).status_code == 401
        assert (await post(acs.base, signed_headers("POST", send_url(acs.base), BODY))).status_code == 202


@pytest.mark.parametrize("version", ["2023-03-31", "2024-07-01-preview", "2025-09-01"])
async def test_newer_api_versions_are_served_alike(version: str) -> None:
    async with simulated() as acs:
        answer = await acs.send("someone@example.com", version=version)
        assert answer.status_code == 202
        assert answer.headers["Operation-Location"].endswith(f"?api-version={version}")


async def test_an_unknown_or_missing_api_version_is_answered_400() -> None:
    async with simulated() as acs:
        unknown = await acs.send("someone@example.com", version="2001-01-01")
        assert (unknown.status_code, unknown.json()["error"]["code"]) == (400, "UnsupportedApiVersionValue")
        url = httpx.URL(f"{acs.base}/emails:send")
        missing = await acs.http.post(url, content=BODY, headers=signed_headers("POST", url, BODY))
        assert (missing.status_code, missing.json()["error"]["code"]) == (400, "MissingApiVersionParameter")


def without(path: str) -> dict[str, Any]:
    body = message("someone@example.com")
    *parents, last = path.split(".")
    inner = body
    for parent in parents:
        inner = inner[parent]
    del inner[last]
    return body


@pytest.mark.parametrize(
    "body",
    [
        [],
        "text",
        *(without(path) for path in ("senderAddress", "content", "content.subject", "content.plainText")),
        *(without(path) for path in ("recipients", "recipients.to")),
        {**message("a@example.com"), "recipients": {"to": []}},
        {**message("a@example.com"), "recipients": {"to": [{"displayName": "A"}]}},
        {**message("a@example.com"), "recipients": {"to": ["a@example.com"]}},
        {**message("a@example.com"), "senderAddress": "noreply"},
    ],
)
async def test_a_malformed_message_is_answered_400_in_the_api_s_error_shape(body: object) -> None:
    async with simulated() as acs:
        answer = await acs.send("someone@example.com", body=body)
        assert answer.status_code == 400
        assert set(answer.json()["error"]) == {"code", "message"}
        assert [entry["accepted"] for entry in await acs.calls()] == [False]


async def test_a_body_that_is_not_json_is_answered_400() -> None:
    async with simulated() as acs:
        answer = await post(acs.base, signed_headers("POST", send_url(acs.base), b"{"), b"{")
        assert answer.status_code == 400


@pytest.mark.parametrize("address", ["someone", "someone@", "@example.com", "some one@example.com", "a@b@example.com"])
async def test_a_malformed_recipient_is_answered_400_invalid_format(address: str) -> None:
    async with simulated() as acs:
        answer = await acs.send(address)
        assert (answer.status_code, answer.json()["error"]["message"]) == (400, "Invalid format for email address")


async def test_an_operation_id_that_is_no_uuid_is_answered_400() -> None:
    async with simulated() as acs:
        assert (await acs.send("someone@example.com", "no-uuid")).status_code == 400


async def test_a_request_of_more_than_10_mb_is_answered_413() -> None:
    large = message("someone@example.com")
    large["content"]["plainText"] = "x" * 11_000_000
    async with simulated() as acs:
        answer = await acs.send("someone@example.com", body=large)
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "RequestEntityTooLarge")


async def test_a_repeated_operation_is_answered_202_but_accepted_once() -> None:
    operation_id = str(uuid.uuid4())
    async with simulated() as acs:
        first = await acs.send("someone@example.com", operation_id)
        again = await acs.send("someone@example.com", operation_id.upper())
        assert (again.status_code, again.json()) == (202, first.json())
        entries = await acs.calls()
        assert [(entry["operationId"], entry["accepted"]) for entry in entries] == [
            (operation_id, True),
            (operation_id, False),
        ]


async def test_a_repeated_operation_is_answered_409_where_that_is_chosen() -> None:
    operation_id = str(uuid.uuid4())
    async with simulated(repeat_answer=409) as acs:
        assert (await acs.send("someone@example.com", operation_id)).status_code == 202
        assert (await acs.send("someone@example.com", operation_id)).status_code == 409
        assert [entry["accepted"] for entry in await acs.calls()] == [True, False]


async def test_two_first_calls_of_one_operation_at_once_are_accepted_once() -> None:
    operation_id = str(uuid.uuid4())
    async with simulated(latency=0.05) as acs:
        answers = await asyncio.gather(*(acs.send("someone@example.com", operation_id) for _ in range(5)))
        assert {answer.status_code for answer in answers} == {202}
        assert sorted(entry["accepted"] for entry in await acs.calls()) == [False] * 4 + [True]


async def test_calls_above_the_rate_are_answered_429_with_retry_after() -> None:
    async with simulated(rate=1) as acs:
        answers = await asyncio.gather(*(acs.send("someone@example.com") for _ in range(30)))
        refused = [answer for answer in answers if answer.status_code == 429]
        assert refused
        assert {answer.headers["Retry-After"] for answer in refused} == {"1"}
        assert {answer.json()["error"]["code"] for answer in refused} == {"TooManyRequests"}
        assert any(answer.status_code == 202 for answer in answers)


async def test_the_journal_tells_each_call_in_order_and_can_be_emptied() -> None:
    operation_id = str(uuid.uuid4())
    async with simulated() as acs:
        await acs.send("someone@example.com", operation_id)
        await acs.operation(operation_id)
        await acs.send("suppressed-now@example.com", operation_id.replace("-", ""))
        entries = await acs.calls()
        assert [(e["kind"], e["operationId"], e["answer"]) for e in entries] == [
            ("send", operation_id, 202),
            ("operation", operation_id, 200),
            ("send", operation_id, 202),
        ]
        assert entries[0]["recipient"] == "someone@example.com"
        assert (entries[0]["sender"], entries[0]["subject"]) == ("noreply@example.com", "Hello")
        assert (entries[0]["contentType"], entries[0]["text"]) == ("plainText", "Text")
        assert datetime.fromisoformat(entries[0]["time"]).utcoffset() == timedelta(0)
        assert (await acs.http.delete(f"{acs.base}/_calls")).status_code == 204
        assert await acs.calls() == []


async def test_the_journal_shows_the_beginning_of_a_text_alone() -> None:
    long = {**message("someone@example.com"), "content": {"subject": "Hello", "html": "x" * 10_001}}
    async with simulated() as acs:
        assert (await acs.send("someone@example.com", body=long)).status_code == 202
        assert (await acs.calls())[0]["text"] == "x" * 10_000


async def test_the_health_page_answers_200() -> None:
    async with simulated() as acs:
        assert (await acs.http.get(f"{acs.base}/_health")).status_code == 200


def attached(*files: object) -> dict[str, Any]:
    return {**message("someone@example.com"), "attachments": list(files)}


async def test_attachments_are_noted_by_name_type_and_size() -> None:
    file = {"name": "letter.pdf", "contentType": "application/pdf", "contentInBase64": "AAECAw=="}
    other = {"name": "empty.txt", "contentType": "text/plain", "contentInBase64": ""}
    async with simulated() as acs:
        assert (await acs.send("someone@example.com", body=attached(file, other))).status_code == 202
        (entry,) = await acs.calls()
        assert entry["attachments"] == [
            {"name": "letter.pdf", "contentType": "application/pdf", "bytes": 4},
            {"name": "empty.txt", "contentType": "text/plain", "bytes": 0},
        ]


async def test_an_email_without_attachments_has_none_in_the_journal() -> None:
    async with simulated() as acs:
        await acs.send("someone@example.com")
        await acs.send("someone@example.com", body={**message("someone@example.com"), "attachments": None})
        assert [entry["attachments"] for entry in await acs.calls()] == [[], []]


@pytest.mark.parametrize(
    "file",
    [
        {"contentType": "text/plain", "contentInBase64": ""},
        {"name": "a.txt", "contentInBase64": ""},
        {"name": "a.txt", "contentType": "text/plain"},
        {"name": "a.txt", "contentType": "text/plain", "contentInBase64": "no base64"},
        {"name": "a.txt", "contentType": "text/plain", "contentInBase64": "æ"},
        "a.txt",
    ],
)
async def test_an_attachment_that_is_not_as_specified_is_answered_400(file: object) -> None:
    async with simulated() as acs:
        answer = await acs.send("someone@example.com", body=attached(file))
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest")


async def test_attachments_count_towards_the_10_mb_of_a_request() -> None:
    large = {"name": "a.pdf", "contentType": "application/pdf", "contentInBase64": "A" * 10 * 1024 * 1024}
    async with simulated() as acs:
        answer = await acs.send("someone@example.com", body=attached(large))
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "RequestEntityTooLarge")
