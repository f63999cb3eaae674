"""Settings that are written down elsewhere than in the template, and its defaults, against what the service reads."""

import json

import pytest

from tests.infra.bicep import ROOT, read
from tests.infra.walk import FIELDS

MAIN = read("main.bicep")
# Read by the host alone, and said in functionAppConfig and as addresses in Azure.
LOCAL_HOSTS_OWN = {"FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage"}


def test_the_sample_names_every_setting_of_a_laptop_and_nothing_else() -> None:
    sample = json.loads((ROOT / "local.settings.sample.json").read_text("utf-8"))["Values"]
    by_identity = {name for name in FIELDS if name.startswith("DataStorage__")}
    assert sample.keys() == (FIELDS.keys() - by_identity) | LOCAL_HOSTS_OWN


@pytest.mark.parametrize(
    ("parameter", "name"),
    [
        ("retentionDays", "RETENTION_DAYS"),
        ("jwtCookieName", "JWT_COOKIE_NAME"),
        ("defaultSmsSender", "DEFAULT_SMS_SENDER"),
        ("tracedShare", "TRACED_SHARE"),
    ],
)
def test_the_template_and_the_service_have_one_default(parameter: str, name: str) -> None:
    assert str(MAIN.parameters[parameter].default) == str(FIELDS[name].default)
