"""Shared keys and Basic authentication, with which providers report to us."""

import base64

import pytest

from notifications.security.basic import is_authentic
from notifications.security.shared_key import KeyRefused, matches, metrics_key


def basic(credentials: str, *, scheme: str = "Basic") -> str:
    return f"{scheme} {base64.b64encode(credentials.encode()).decode()}"


@pytest.mark.parametrize(("given", "expected"), [("key", "key"), ("blåbær", "blåbær"), ("\ud800", "\ud800")])
def test_the_right_key_matches(given: str, expected: str) -> None:
    assert matches(given, expected)


@pytest.mark.parametrize(
    ("given", "expected"),
    [("kex", "key"), ("ke", "key"), ("key ", "key"), ("", "key"), (None, "key"), ("", ""), (None, None), ("x", None)],
)
def test_any_other_key_and_none_at_all_does_not(given: str | None, expected: str | None) -> None:
    assert not matches(given, expected)


@pytest.mark.parametrize("header", [basic("gateway:s:e:cret"), basic("gateway:s:e:cret", scheme="bAsIc")])
def test_the_right_name_and_password_are_authentic(header: str) -> None:
    assert is_authentic(header, username="gateway", password="s:e:cret")


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        "Basic !!!!",
        "Basic /w==",
        "Bearer x",
        basic("gateway"),
        basic("gateway:"),
        basic(":secret"),
        basic("gateway:other"),
        basic("other:secret"),
        basic("GATEWAY:secret"),
    ],
)
def test_anything_else_is_not(header: str | None) -> None:
    assert not is_authentic(header, username="gateway", password="secret")


@pytest.mark.parametrize(("username", "password"), [("", ""), (None, None), ("gateway", None), ("gateway", "")])
def test_credentials_that_are_not_configured_let_nobody_in(username: str | None, password: str | None) -> None:
    header = basic(f"{username or ''}:{password or ''}")
    assert not is_authentic(header, username=username, password=password)


@pytest.mark.parametrize("name", ["X-API-Key", "x-api-key"])
def test_the_metrics_key_lets_in(name: str) -> None:
    metrics_key({"Accept": "*/*", name: "key"}, "key")


@pytest.mark.parametrize(
    ("headers", "configured", "told"),
    [
        ({}, "key", "API key required for Metrics endpoints"),
        ({"Authorization": "key"}, None, "API key required for Metrics endpoints"),
        ({"X-API-Key": ""}, "key", "API key cannot be empty"),
        ({"X-API-Key": "  "}, None, "API key cannot be empty"),
        ({"X-API-Key": "key"}, None, "API key validation not configured"),
        ({"X-API-Key": "key"}, "", "API key validation not configured"),
        ({"X-API-Key": "Key"}, "key", "Invalid API key"),
        ({"X-API-Key": "key "}, "key", "Invalid API key"),
        ({"X-API-Key": "key,key"}, "key", "Invalid API key"),
    ],
)
def test_without_the_metrics_key_it_is_told_what_is_wrong(
    headers: dict[str, str], configured: str | None, told: str
) -> None:
    with pytest.raises(KeyRefused) as refused:
        metrics_key(headers, configured)
    assert (str(refused.value), refused.value.refusal.value) == (told, told)
