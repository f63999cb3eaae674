"""The schemas of requests say what the parsers do: at every member, for every kind of value, at every bound."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.contract.limits import Limits
from notifications.contract.openapi.document import document
from notifications.contract.openapi.members import member_rules, object_rules, rules_in
from notifications.contract.openapi.requests import request_schemas
from notifications.contract.problems import ValidationFailed
from tests.contract.builders import ABSENT, NOW, Request, changed, full_order, order
from tests.contract.documented import BASE, OPERATION, request_schema, validator
from tests.contract.orders import FULL, PARSERS
from tests.contract.requests import composed, external, instant_sms, legacy_sms, organization, person

type Place = tuple[str | int, ...]

PROBES: tuple[object, ...] = (
    ABSENT,
    None,
    "",
    " ",
    "x",
    "0",
    0,
    3,
    -1,
    1.5,
    True,
    False,
    [],
    {},
    [None],
    "x" * 321,
    "x" * 1025,
)
NUMBERED = {"contentType", "sendingTimePolicy", "channelSchema", "notificationChannel", "conditionFailurePolicy"}
INTEGERS = {"delayDays", "timeToLiveInSeconds"}
CASES = [(name, index) for name, requests in FULL.items() for index in range(len(requests))]


def accepts(name: str, request: Request, limits: Limits | None = None) -> bool:
    try:
        PARSERS[name](json.dumps(request).encode(), creator="ttd", now=NOW, limits=limits or Limits())
    except ValidationFailed:
        return False
    return True


def places(node: Any, place: Place = ()) -> Iterator[Place]:
    """Every named member of a request."""
    if place and isinstance(place[-1], str):
        yield place
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, child in members:
        yield from places(child, (*place, step))


def is_told_in_words_alone(name: str, place: Place, probe: object) -> bool:
    """What the schema does not say: numbers for names, texts for numbers, and rules that span objects or endpoints."""
    member = place[-1]
    if member in NUMBERED:
        return probe == "0" or (isinstance(probe, int) and not isinstance(probe, bool))
    if member in INTEGERS:
        return probe == "0"
    if member == "resourceId":
        return probe in (ABSENT, None) or ("legacy" in name and probe in ("", " "))
    if member in {"emailAddress", "mobileNumber"}:
        return name in {"place_legacy_email_order", "place_legacy_sms_order"}
    return member in {"nationalIdentityNumber", "organizationNumber"} and "legacy" in name and probe == ""


@pytest.mark.parametrize(("name", "index"), CASES)
def test_schema_and_parser_agree_on_every_value_of_every_member(name: str, index: int) -> None:
    request, schema = FULL[name][index], validator(request_schema(name))
    assert accepts(name, request)
    assert schema.is_valid(request)
    for place in places(request):
        for probe in PROBES:
            if not is_told_in_words_alone(name, place, probe):
                altered = changed(request, place, probe)
                assert accepts(name, altered) == schema.is_valid(altered), (place, probe)


@settings(max_examples=60)
@given(case=st.sampled_from(CASES), choose=st.randoms(use_true_random=False), text=st.text(max_size=40))
def test_schema_and_parser_agree_on_texts(case: tuple[str, int], choose: Any, text: str) -> None:
    name, index = case
    place = choose.choice(list(places(FULL[name][index])))
    # a NUL character or a lone surrogate cannot be ruled out by a pattern that every reader of schemas knows
    altered = changed(FULL[name][index], place, text.replace("\0", ""))
    plain = NUMBERED | INTEGERS | {"sender", "senderNumber"}
    if text.isprintable() and not is_told_in_words_alone(name, place, text) and place[-1] not in plain:
        assert accepts(name, altered) == validator(request_schema(name)).is_valid(altered)


SMALL = Limits(
    idempotency_id=20,
    reference=60,
    subject=20,
    email_body_bytes=100,
    sms_segments=2,
    address=40,
    url=200,
    reminders=3,
    recipients=4,
    attachments=2,
)


def small(name: str) -> Any:
    """The document's validator for an operation under small limits."""
    made = document(BASE, SMALL)
    operation = OPERATION[name]
    body = made["paths"][operation.path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    return type(validator({}))({**body, "components": {"schemas": made["components"]["schemas"]}})


ORDER, PERSON, ORGANIZATION, EXTERNAL = (
    full_order(),
    *(order(recipient=each()) for each in (person, organization, external)),
)
COMPOSED, INSTANT, LEGACY = composed(), instant_sms(), legacy_sms()
EMAIL: Place = ("recipient", "recipientEmail", "emailSettings")
ATTACHED: Place = ("recipient", "emailSettings", "attachments")
REMINDER = ORDER["reminders"][1]
ATTACHMENT = COMPOSED["recipient"]["emailSettings"]["attachments"][0]
SOMEBODY = {"organizationNumber": "312508729"}
BOUNDS: list[tuple[str, Request, Place, object, object]] = [
    ("place_order", ORDER, ("idempotencyId",), "x" * 20, "x" * 21),
    ("place_order", ORDER, ("sendersReference",), "x" * 60, "x" * 61),
    ("place_order", ORDER, ("dialogportenAssociation", "dialogId"), "x" * 60, "x" * 61),
    ("place_order", ORDER, ("dialogportenAssociation", "transmissionId"), "x" * 60, "x" * 61),
    ("place_order", ORDER, ("conditionEndpoint",), f"https://a/{'x' * 190}", f"https://a/{'x' * 191}"),
    ("place_order", ORDER, (*EMAIL, "subject"), "x" * 20, "x" * 21),
    ("place_order", ORDER, (*EMAIL, "body"), "x" * 100, "x" * 101),
    ("place_order", ORDER, (*EMAIL, "senderEmailAddress"), f"{'x' * 28}@example.com", f"{'x' * 29}@example.com"),
    ("place_order", ORDER, (*EMAIL, "sendingTimePolicy"), "Anytime", "Daytime"),
    ("place_order", ORDER, ("reminders", 0, "delayDays"), 1, 0),
    ("place_order", ORDER, ("reminders",), [REMINDER] * 3, [REMINDER] * 4),
    ("place_order", PERSON, ("recipient", "recipientPerson", "nationalIdentityNumber"), "0" * 11, "0" * 12),
    ("place_order", ORGANIZATION, ("recipient", "recipientOrganization", "orgNumber"), "0" * 9, "0" * 8),
    (
        "place_order",
        PERSON,
        ("recipient", "recipientPerson", "resourceId"),
        "urn:altinn:resource:x",
        "urn:altinn:resource:",
    ),
    (
        "place_order",
        EXTERNAL,
        ("recipient", "recipientExternalIdentity", "externalIdentity"),
        "urn:altinn:person:idporten-email:a%40example.com",
        "urn:altinn:somebody:a",
    ),
    ("send_instant_sms", INSTANT, ("recipientSms", "timeToLiveInSeconds"), 60, 59),
    ("send_instant_sms", INSTANT, ("recipientSms", "timeToLiveInSeconds"), 172800, 172801),
    ("send_instant_sms", INSTANT, ("recipientSms", "phoneNumber"), "004799999999", "99999999"),
    ("send_instant_sms", INSTANT, ("recipientSms", "smsSettings", "sender"), "Blåbær 3", "Blåbær!"),
    ("send_instant_sms", INSTANT, ("recipientSms", "smsSettings", "sender"), "+47 99999999", "a@b"),
    ("send_instant_sms", INSTANT, ("recipientSms", "smsSettings", "body"), "x" * 306, "x" * 307),
    ("place_composed_email", COMPOSED, ATTACHED, [ATTACHMENT] * 2, [ATTACHMENT] * 3),
    ("place_composed_email", COMPOSED, (*ATTACHED, 0, "filename"), "a.b.c", "a/b.c"),
    ("place_composed_email", COMPOSED, (*ATTACHED, 0, "filename"), "a.b", "a."),
    ("place_composed_email", COMPOSED, (*ATTACHED, 0, "mimeType"), "text/plain", "text/html"),
    (
        "place_composed_email",
        COMPOSED,
        (*ATTACHED, 0, "sasUrl"),
        ATTACHMENT["sasUrl"],
        ATTACHMENT["sasUrl"].replace("https", "ftp"),
    ),
    ("place_legacy_sms_order", LEGACY, ("recipients",), [SOMEBODY] * 4, [SOMEBODY] * 5),
    ("place_legacy_sms_order", LEGACY, ("recipients",), [SOMEBODY], []),
]


@pytest.mark.parametrize(
    ("name", "request_", "place", "within", "beyond"), BOUNDS, ids=[f"{each[0]}-{each[2][-1]}" for each in BOUNDS]
)
def test_schema_and_parser_have_the_same_bounds_under_any_limits(
    name: str, request_: Request, place: Place, within: object, beyond: object
) -> None:
    request = changed(request_, place, within)
    assert accepts(name, request, SMALL)
    assert small(name).is_valid(request)
    request = changed(request_, place, beyond)
    assert not accepts(name, request, SMALL)
    assert not small(name).is_valid(request)


def test_a_recipient_is_one_and_a_reminder_has_one_time() -> None:
    schema = validator(request_schema("place_order"))
    two = changed(ORDER, ("recipient",), ORDER["recipient"] | PERSON["recipient"])
    none = changed(ORDER, ("recipient",), {})
    both = changed(ORDER, ("reminders", 0, "requestedSendTime"), "2026-08-24T08:00:00Z")
    for request in (two, none, both):
        assert not accepts("place_order", request)
        assert not schema.is_valid(request)


def test_no_rule_is_about_a_member_that_no_request_has() -> None:
    models = [each.body.model for each in OPERATION.values() if each.body and each.body.model]
    schemas = request_schemas(models, Limits())
    members = {(name, member) for name, each in schemas.items() for member in each.get("properties", ())}
    assert set(rules_in(Limits())) <= members
    assert set(member_rules(Limits())) <= {member for _, member in members}
    assert set(object_rules()) <= set(schemas)


def test_every_text_of_a_request_has_a_limit_or_a_form() -> None:
    models = [each.body.model for each in OPERATION.values() if each.body and each.body.model]
    bounded = {"maxLength", "pattern", "enum", "format"}
    for name, schema in request_schemas(models, Limits()).items():
        for member, each in schema.get("properties", {}).items():
            value = next((choice for choice in each.get("anyOf", [each]) if choice.get("type") == "string"), None)
            if value is not None:
                assert bounded & set(value), (name, member)
