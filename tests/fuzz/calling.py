"""Calls of every operation with the credentials that it asks for."""

import base64
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import httpx
import requests

from local.system import SMS_REPORT_USERNAME
from local.tokens import full_scope
from tests.system.running import System

PATIENCE = 60
"""Seconds until a call counts as unanswered."""

_METRICS = {"metrics_form", "metrics_page", "export_email_metrics", "export_sms_metrics"}


class Caller:
    """Holds a token with every scope, and the keys of operators and providers."""

    def __init__(self, url: str, token: str, secrets: Mapping[str, str]) -> None:
        self.url = url
        self._token = token
        self._secrets = secrets
        self.session = requests.Session()
        # No proxy of this machine may stand between.
        self.session.trust_env = False
        self._http = httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False, verify=False)

    @classmethod
    def of(cls, system: System) -> Self:
        """Fetch a token from the system's issuer."""
        wanted = {"org": "fuzz", "scope": full_scope(["create", "composed", "support"])}
        answer = httpx.post(f"{system.address('issuer')}/token", json=wanted, trust_env=False)
        names = ("METRICS_API_KEY", "EMAIL_REPORT_KEY", "SMS_REPORT_PASSWORD")
        return cls(system.url, answer.json()["access_token"], {name: system.secret(name) for name in names})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.session.close()
        self._http.close()

    def headers(self, operation: str) -> dict[str, str]:
        """The credentials that an operation asks for."""
        if operation in _METRICS:
            return {"X-API-Key": self._secrets["METRICS_API_KEY"]}
        if operation == "receive_email_reports":
            return {"X-Report-Key": self._secrets["EMAIL_REPORT_KEY"]}
        if operation == "receive_sms_reports":
            pair = f"{SMS_REPORT_USERNAME}:{self._secrets['SMS_REPORT_PASSWORD']}".encode()
            return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
        return {"Authorization": f"Bearer {self._token}"}

    def call(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str | bytes] | None = None,
    ) -> httpx.Response:
        """Call an operation; `path` has its query, percent-encoded as it is to be sent."""
        given = {**self.headers(operation), **(headers or {})}
        sent = [(name.encode(), text.encode() if isinstance(text, str) else text) for name, text in given.items()]
        return self._http.request(method, path, content=content, headers=sent)
