"""host.json against what the host documents, the template and the settings."""

import json

from local.host.settings import load_host_options, timespan
from notifications.settings import Settings
from tests.infra.bicep import ROOT, read

CONTENT = json.loads((ROOT / "host.json").read_text("utf-8"))
OPTIONS = load_host_options(ROOT)


def test_it_says_only_what_is_meant_to_be_said() -> None:
    assert CONTENT.keys() == {"version", "extensionBundle", "functionTimeout", "logging", "extensions"}
    assert CONTENT["extensions"].keys() == {"http", "queues"}


def test_queues_are_set_within_what_the_host_takes() -> None:
    # learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue, host.json settings.
    queues = CONTENT["extensions"]["queues"]
    assert 1 <= queues["batchSize"] <= 32
    assert 0.1 <= timespan(queues["maxPollingInterval"]) <= 60
    assert queues["messageEncoding"] == "base64"
    assert queues["newBatchThreshold"] == OPTIONS.queues.new_batch_threshold


def test_paths_are_the_contracts_without_a_prefix() -> None:
    assert OPTIONS.route_prefix == ""


def test_the_platform_adds_an_instance_before_one_refuses_requests() -> None:
    concurrency = read("main.bicep").parameters["httpConcurrency"].default
    assert isinstance(concurrency, int)
    assert concurrency < Settings.model_fields["concurrent_orders"].default
    assert concurrency <= OPTIONS.concurrent_requests <= OPTIONS.outstanding_requests


def test_a_function_outlasts_the_longest_claim() -> None:
    claims = next(each for each in Settings.model_fields["claim_seconds"].metadata if hasattr(each, "le"))
    assert timespan(CONTENT["functionTimeout"]) > claims.le


def test_the_extension_bundle_is_one_that_flex_consumption_takes() -> None:
    # learn.microsoft.com/azure/azure-functions/flex-consumption-plan, considerations: [4.0.0, 5.0.0) or later.
    assert CONTENT["extensionBundle"]["version"] == "[4.*, 5.0.0)"
