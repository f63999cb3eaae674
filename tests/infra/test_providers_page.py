"""docs/providers.md explains each reason that a provider's adapter gives, and none that there is not."""

import re

from notifications.settings import Settings
from tests.infra.bicep import ROOT

DOCUMENT = (ROOT / "docs" / "providers.md").read_text("utf-8")
CODE = [path for part in ("channels", "stages") for path in (ROOT / "notifications" / part).rglob("*.py")]
SOURCE = "".join(path.read_text("utf-8") for path in CODE)
# An outcome's reason is its first string; some are made of a code (`http_{status}`) and only begin like that.
GIVEN = set(re.findall(r'(?:Postponed|Uncertain|Refused|Unusable)\((?:Status\.\w+, )?"([a-z_0-9]+)"', SOURCE))
MADE = re.compile(r"(http_\d+|connect|connection|timeout)(_after_send)?")


def explained() -> set[str]:
    rows = DOCUMENT.split("<!-- reasons -->\n", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return {reason for row in rows for reason in re.findall(r"`(\w+)`", row.split("|")[1])}


def test_every_reason_that_an_adapter_gives_is_explained() -> None:
    assert len(GIVEN) > 15
    assert GIVEN - explained() == set()


def test_every_reason_that_is_explained_is_given() -> None:
    made = {reason for reason in explained() - GIVEN if MADE.fullmatch(reason)}
    assert {reason for reason in explained() - GIVEN - made if f'"{reason}"' not in SOURCE} == set()


def test_every_setting_that_is_named_is_one() -> None:
    settings = {field.alias for field in Settings.model_fields.values()}
    named = re.findall(r"`((?:ACS|SMS|SMTP|EMAIL|MAX|DEFAULT|ATTACHMENT|ALLOWED)_[A-Z_]+)`", DOCUMENT)
    assert set(named) <= settings
    assert len(set(named)) > 20
