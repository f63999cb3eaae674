"""docs/simulators.md says what the simulators do."""

import argparse
import re
from pathlib import Path

import pytest

from local.simulators.acs_email import __main__ as acs_email
from local.simulators.acs_email import recipients as email
from local.simulators.blobs import __main__ as blobs
from local.simulators.blobs.containers import CONTAINERS
from local.simulators.issuer import __main__ as issuer
from local.simulators.issuer.tokens import TokenRequest
from local.simulators.pswin import __main__ as pswin
from local.simulators.pswin import recipients as sms

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


def test_the_containers_are_those_of_the_code() -> None:
    assert table(after("<!-- containers -->")) == {name: fate.does for name, fate in CONTAINERS.items()}


def test_the_token_members_are_those_of_the_code() -> None:
    assert set(table(after("<!-- token members -->"))) == set(TokenRequest.model_fields)


@pytest.mark.parametrize(
    ("heading", "parser"),
    [
        ("## Email", acs_email.parser()),
        ("## SMS", pswin.parser()),
        ("## Files", blobs.parser()),
        ("## Tokens", issuer.parser()),
    ],
)
def test_the_options_are_those_of_the_program(heading: str, parser: argparse.ArgumentParser) -> None:
    options = re.findall(r"--[a-z-]+", parser.format_help())
    assert set(table(after(heading))) == set(options) - {"--help"}
