"""What is looked at first when several things are wrong with a request (http-contract.md section 1.3)."""

import pytest

from tests.contract.builders import email_recipient
from tests.triggers.asks import PLACED, chain, placing
from tests.triggers.edge import Edge, problem
from tests.triggers.scenarios import close_tables

PLACING = pytest.mark.parametrize("operation", PLACED)


@PLACING
async def test_a_wrong_media_type_comes_before_the_caller(edge: Edge, operation: str) -> None:
    ask = placing(edge, operation).but(credentials={}, media_type="text/plain")
    assert problem(await ask.answer(edge))["status"] == 415


@PLACING
async def test_a_missing_media_type_comes_after_the_caller(edge: Edge, operation: str) -> None:
    ask = placing(edge, operation).but(media_type=None)
    assert problem(await ask.but(credentials={}).answer(edge))["status"] == 401
    assert problem(await ask.but(credentials=edge.bearer(scope="")).answer(edge))["status"] == 403
    assert problem(await ask.answer(edge))["status"] == 415


@PLACING
async def test_the_scope_comes_before_the_body(edge: Edge, operation: str) -> None:
    ask = placing(edge, operation).but(credentials=edge.bearer(scope=""), body=b"{")
    assert problem(await ask.answer(edge))["status"] == 403


@PLACING
async def test_the_organisation_comes_after_the_body(edge: Edge, operation: str) -> None:
    ask = placing(edge, operation, org=None)
    assert problem(await ask.but(body=b"{").answer(edge))["status"] == 400
    assert problem(await ask.but(body=b"{}").answer(edge))["status"] == 400
    assert problem(await ask.answer(edge))["status"] == 403


@PLACING
async def test_the_organisation_comes_before_storage_and_providers(
    edge: Edge, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    close_tables(edge, monkeypatch)
    assert problem(await placing(edge, operation, org=None).answer(edge))["status"] == 403
    assert edge.world.sms.calls == []
    assert edge.world.email.calls == []


@PLACING
@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'{"recipient": "\xff"}', b"{" * 4000])
async def test_a_body_that_is_no_json_object_is_told_as_such_and_alone(edge: Edge, operation: str, body: bytes) -> None:
    told = problem(await placing(edge, operation).but(body=body).answer(edge))
    assert (told["status"], list(told["errors"])) == (400, ["$"])


async def test_a_body_in_chunks_is_taken_where_the_host_hands_it_on(edge: Edge) -> None:
    ask = placing(edge, "place_order").but(headers={"transfer-encoding": "chunked"})
    assert (await ask.answer(edge)).status_code == 201


@PLACING
async def test_a_body_in_chunks_comes_after_the_caller(edge: Edge, operation: str) -> None:
    ask = placing(edge, operation).but(headers={"transfer-encoding": "Chunked"}, body=b"")
    assert problem(await ask.but(credentials={}).answer(edge))["status"] == 401
    assert problem(await ask.answer(edge))["status"] == 411


async def test_the_first_order_is_not_looked_for_with_other_errors_than_a_send_time(edge: Edge) -> None:
    """Spec item 3: any other invalid body is a 400, also one that repeats an order."""
    await placing(edge, "place_order").answer(edge)
    past = {"requestedSendTime": "2026-03-02T09:00:00Z"}
    assert (await placing(edge, "place_order", chain(**past)).answer(edge)).status_code == 200
    wrong = chain(**past, recipient=email_recipient(subject=""))
    told = problem(await placing(edge, "place_order", wrong).answer(edge))
    assert sorted(told["errors"]) == ["recipient.recipientEmail.emailSettings.subject", "requestedSendTime"]
