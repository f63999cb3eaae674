"""docs/simulators.md says what the simulators do."""

import argparse
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from local.simulators.acs import __main__ as acs
from local.simulators.acs_email import __main__ as acs_email
from local.simulators.acs_email import recipients as email
from local.simulators.acs_sms import __main__ as acs_sms
from local.simulators.acs_sms import recipients as acs_sms_numbers
from local.simulators.blobs import __main__ as blobs
from local.simulators.blobs.containers import CONTAINERS
from local.simulators.issuer import __main__ as issuer
from local.simulators.issuer.platform import PlatformTokenRequest
from local.simulators.issuer.tokens import TokenRequest
from local.simulators.pswin import __main__ as pswin
from local.simulators.pswin import recipients as sms
from local.simulators.registers import __main__ as registers
from local.simulators.registers.people import (
    ExternalIdentity,
    GeneratedPersons,
    Organization,
    People,
    Person,
    User,
    default_people,
    read_people,
)
from local.simulators.registers.service import LOOKUPS
from local.simulators.registers.switches import Faults
from local.simulators.smtp import __main__ as smtp
from local.simulators.smtp import recipients as smtp_addresses

DOCUMENT = (Path(__file__).parents[2] / "docs" / "simulators.md").read_text("utf-8")


def table(text: str) -> dict[str, str]:
    """Return the first column (in backticks) and the second of the first table of a text."""
    rows = text[text.index("|---|") :].split("\n\n", maxsplit=1)[0]
    return dict(re.findall(r"^\| `([^`]+)` \| (.+) \|$", rows, re.MULTILINE))


def after(heading: str) -> str:
    return DOCUMENT[DOCUMENT.index(heading) :]


def test_the_email_recipients_are_those_of_the_code() -> None:
    assert table(after("<!-- email recipients -->")) == {name: f.does for name, f in email.RECIPIENTS.items()}


def test_the_sms_recipients_are_those_of_the_code() -> None:
    assert table(after("<!-- sms recipients -->")) == {code: f.does for code, f in sms.RECIPIENTS.items()}


def test_the_recipients_of_the_mail_server_are_those_of_the_code() -> None:
    assert table(after("<!-- smtp recipients -->")) == {name: f.does for name, f in smtp_addresses.RECIPIENTS.items()}


def test_the_numbers_of_communication_services_are_those_of_the_code() -> None:
    fates = {code: fate.does for code, fate in acs_sms_numbers.RECIPIENTS.items()}
    assert table(after("<!-- acs sms recipients -->")) == fates


def test_the_containers_are_those_of_the_code() -> None:
    assert table(after("<!-- containers -->")) == {name: fate.does for name, fate in CONTAINERS.items()}


def test_the_token_members_are_those_of_the_code() -> None:
    assert set(table(after("<!-- token members -->"))) == set(TokenRequest.model_fields)
    assert set(table(after("<!-- platform token members -->"))) == set(PlatformTokenRequest.model_fields)


def members(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def test_the_members_of_the_registers_file_are_those_of_the_code() -> None:
    file = table(after("<!-- registers file -->"))
    assert set(file) == members(People)
    assert set(table(after("<!-- registers users -->"))) == members(User)
    for member, model in (
        ("persons", Person),
        ("generatedPersons", GeneratedPersons),
        ("organizations", Organization),
        ("externalIdentities", ExternalIdentity),
    ):
        assert set(re.findall(r"`(\w+)`", file[member])) == members(model)


def test_the_switches_of_the_registers_do_what_the_code_says() -> None:
    faults = {field.alias: field.description for field in Faults.model_fields.values()}
    assert table(after("<!-- registers switches -->")) == faults


def test_the_calls_of_the_registers_are_those_of_the_code() -> None:
    calls = {name.removeprefix("POST "): text for name, text in table(after("## Registers")).items()}
    assert {path: text.split("`")[1] for path, text in calls.items()} == {each.path: each.register for each in LOOKUPS}
    assert all(f"{each.most:,}" in calls[each.path] for each in LOOKUPS)


def test_the_people_of_the_registers_are_those_of_the_default_file() -> None:
    people = read_people(default_people())
    for heading, shown in (
        ("persons", {each.number: each.shows for each in people.persons}),
        ("organizations", {each.number: each.shows for each in people.organizations}),
        ("external identities", {each.urn: each.shows for each in people.external_identities}),
    ):
        assert table(after(f"<!-- registers {heading} -->")) == shown


@pytest.mark.parametrize(
    ("heading", "parser"),
    [
        ("## Email", acs_email.parser()),
        ("## Email: SMTP", smtp.parser()),
        ("## SMS", pswin.parser()),
        ("<!-- acs sms options -->", acs_sms.parser()),
        ("<!-- acs options -->", acs.parser()),
        ("## Files", blobs.parser()),
        ("<!-- registers options -->", registers.parser()),
        ("## Tokens", issuer.parser()),
    ],
)
def test_the_options_are_those_of_the_program(heading: str, parser: argparse.ArgumentParser) -> None:
    options = re.findall(r"--[a-z0-9-]+", parser.format_help())
    assert set(table(after(heading))) == set(options) - {"--help"}
