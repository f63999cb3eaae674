"""CONTRIBUTING.md starts the simulators as local.settings.sample.json, and so the official host, expects them."""

import json
import re
import shlex

import pytest

from tests.infra.bicep import ROOT

SAMPLE: dict[str, str] = json.loads((ROOT / "local.settings.sample.json").read_text("utf-8"))["Values"]
PAGE = (ROOT / "CONTRIBUTING.md").read_text("utf-8").split("## Under the official host", 1)[1]
COMMANDS = re.findall(r"^python -m (\S+) (.+)$", PAGE.split("```")[1].replace("\\\n", " "), re.MULTILINE)


def options(text: str) -> dict[str, str]:
    """A command's options by their names."""
    words = shlex.split(text)
    return dict(zip(words[::2], words[1::2], strict=True))


GIVEN = {module.rpartition(".")[2]: options(text) for module, text in COMMANDS}


@pytest.mark.parametrize(
    ("simulator", "settings"),
    [
        ("issuer", ["OIDC_WELL_KNOWN_ENDPOINT", "PLATFORM_TOKEN_KEYS_URL"]),
        ("acs_email", ["ACS_ENDPOINT"]),
        ("pswin", ["SMS_GATEWAY_URL"]),
        ("registers", ["PROFILE_ENDPOINT", "REGISTER_ENDPOINT", "AUTHORIZATION_ENDPOINT"]),
    ],
)
def test_a_simulator_listens_where_the_sample_looks_for_it(simulator: str, settings: list[str]) -> None:
    address = f"http://127.0.0.1:{GIVEN[simulator]['--port']}"
    assert all(re.match(rf"{re.escape(address)}(/|$)", SAMPLE[name]) for name in settings)


@pytest.mark.parametrize(
    ("simulator", "option", "setting"),
    [
        ("acs_email", "--access-key", "ACS_ACCESS_KEY"),
        ("acs_email", "--report-key", "EMAIL_REPORT_KEY"),
        ("pswin", "--username", "SMS_GATEWAY_USERNAME"),
        ("pswin", "--password", "SMS_GATEWAY_PASSWORD"),
        ("pswin", "--report-username", "SMS_REPORT_USERNAME"),
        ("pswin", "--report-password", "SMS_REPORT_PASSWORD"),
    ],
)
def test_a_simulator_and_the_sample_know_the_same_secret(simulator: str, option: str, setting: str) -> None:
    assert GIVEN[simulator][option] == SAMPLE[setting]
