"""host.json, local settings and connection strings."""

import json
from pathlib import Path
from typing import Any

import pytest

from local.host.settings import (
    HostOptions,
    QueueOptions,
    SettingsError,
    connection_string,
    is_disabled,
    load_host_options,
    load_local_settings,
    resolve,
    timespan,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("00:00:00.500", 0.5), ("00:01:00", 60), ("1.02:03:04", 93_784), ("00:00:00", 0), ("10:30", 37_800)],
)
def test_a_time_span_is_read_as_dotnet_reads_it(text: str, seconds: float) -> None:
    assert timespan(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "1s", "00:00:00:00:00"])
def test_what_is_no_time_span_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="time span"):
        timespan(text)


def host_json(directory: Path, content: Any) -> Path:
    (directory / "host.json").write_text(content if isinstance(content, str) else json.dumps(content))
    return directory


def test_a_bare_host_json_gives_the_documented_defaults(tmp_path: Path) -> None:
    options = load_host_options(
        host_json(tmp_path, {"version": "2.0", "extensions": {"queues": {"newBatchThreshold": 8}}})
    )
    assert options == HostOptions("api", -1, -1, QueueOptions(16, 8, 60.0, 0.0, 5, True))


def test_the_new_batch_threshold_follows_from_batch_size_and_processors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    options = load_host_options(host_json(tmp_path, {"extensions": {"queues": {"batchSize": 10}}}))
    assert options.queues.new_batch_threshold == 15


def test_host_json_settings_are_read(tmp_path: Path) -> None:
    queues = {
        "batchSize": 32,
        "newBatchThreshold": 0,
        "maxPollingInterval": "00:00:00.500",
        "visibilityTimeout": "00:00:30",
        "maxDequeueCount": 7,
        "messageEncoding": "none",
    }
    http = {"routePrefix": "", "maxConcurrentRequests": 10, "maxOutstandingRequests": 20}
    content = {"extensions": {"http": http, "queues": queues}}
    options = load_host_options(host_json(tmp_path, content))
    assert options == HostOptions("", 10, 20, QueueOptions(32, 0, 0.5, 30.0, 7, False))


def test_polling_is_never_more_frequent_than_every_100_ms(tmp_path: Path) -> None:
    content = {"extensions": {"queues": {"maxPollingInterval": "00:00:00.010"}}}
    assert load_host_options(host_json(tmp_path, content)).queues.max_polling_interval == 0.1


@pytest.mark.parametrize(
    ("queues", "reason"),
    [
        ({"batchSize": 33}, "batchSize"),
        ({"batchSize": 0}, "batchSize"),
        ({"batchSize": "16"}, "batchSize"),
        ({"maxDequeueCount": True}, "maxDequeueCount"),
        ({"visibilityTimeout": "soon"}, "visibilityTimeout"),
        ({"messageEncoding": "utf8"}, "messageEncoding"),
        ([], "queues must be an object"),
    ],
)
def test_a_host_json_setting_out_of_range_is_named(tmp_path: Path, queues: Any, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        load_host_options(host_json(tmp_path, {"extensions": {"queues": queues}}))


def test_a_limit_of_no_requests_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="maxConcurrentRequests"):
        load_host_options(host_json(tmp_path, {"extensions": {"http": {"maxConcurrentRequests": 0}}}))


@pytest.mark.parametrize("content", ["{", "[]"])
def test_a_host_json_that_is_no_object_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(SettingsError, match=r"host\.json"):
        load_host_options(host_json(tmp_path, content))


def test_a_missing_host_json_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="does not exist"):
        load_host_options(tmp_path)


def test_local_values_are_set_unless_the_environment_has_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST_TEST_SET", "mine")
    monkeypatch.setenv("HOST_TEST_NEW", "gone")
    monkeypatch.setenv("HOST_TEST_NUMBER", "gone")
    monkeypatch.delenv("HOST_TEST_NEW")
    monkeypatch.delenv("HOST_TEST_NUMBER")
    path = tmp_path / "local.settings.json"
    path.write_text(
        json.dumps({"Values": {"HOST_TEST_SET": "theirs", "HOST_TEST_NEW": "theirs", "HOST_TEST_NUMBER": 5}})
    )
    load_local_settings(path, required=True)
    assert resolve("%HOST_TEST_SET%-%HOST_TEST_NEW%-%HOST_TEST_NUMBER%") == "mine-theirs-5"


def test_local_settings_may_be_missing_unless_they_were_asked_for(tmp_path: Path) -> None:
    load_local_settings(tmp_path / "none.json", required=False)
    with pytest.raises(SettingsError, match="does not exist"):
        load_local_settings(tmp_path / "none.json", required=True)


def test_encrypted_local_settings_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "local.settings.json"
    path.write_text('{"IsEncrypted": true, "Values": {}}')
    with pytest.raises(SettingsError, match="encrypted"):
        load_local_settings(path, required=True)


def test_a_setting_that_is_not_there_is_named() -> None:
    with pytest.raises(SettingsError, match="'NoSuchSetting'"):
        resolve("x-%NoSuchSetting%")


def test_a_connection_is_looked_up_with_the_prefix_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HostTest", "plain")
    assert connection_string("HostTest") == "plain"
    monkeypatch.setenv("AzureWebJobsHostTest", "prefixed")
    assert connection_string("HostTest") == "prefixed"


def test_development_storage_is_the_emulator_on_its_default_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HostTest", "UseDevelopmentStorage=true")
    assert "http://127.0.0.1:10001/devstoreaccount1" in connection_string("HostTest")


def test_a_connection_that_is_not_set_is_named() -> None:
    with pytest.raises(SettingsError, match="'NoSuchConnection'"):
        connection_string("NoSuchConnection")


@pytest.mark.parametrize("name", ["AzureWebJobs.one.Disabled", "AzureWebJobs_one_Disabled"])
def test_a_function_is_switched_off_by_a_setting(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_disabled("one")
    monkeypatch.setenv(name, "True")
    assert is_disabled("one")
    assert not is_disabled("two")
