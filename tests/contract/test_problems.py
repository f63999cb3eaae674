import json
from datetime import timedelta

import pytest

from notifications.contract import problems
from notifications.contract.problems import Problem, to_response

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
RFC = "https://tools.ietf.org/html/rfc9110#section-"


def test_a_validation_problem_has_the_members_of_the_reference_in_its_order() -> None:
    response = to_response(problems.validation_failed({"idempotencyId": ["Blåbær."]}), TRACE)
    expected = f"""{{
  "type": "https://tools.ietf.org/html/rfc9110#section-15.5.1",
  "title": "One or more validation errors occurred.",
  "status": 400,
  "errors": {{
    "idempotencyId": [
      "Blåbær."
    ]
  }},
  "traceId": "{TRACE}"
}}"""
    assert response.body.decode() == expected
    assert response.status == 400
    assert response.headers == {"Content-Type": "application/problem+json"}


@pytest.mark.parametrize(
    ("problem", "status", "code", "title", "description"),
    [
        (
            problems.missing_contact_information(),
            422,
            "NOT-00001",
            "Missing contact information for recipient(s)",
            "Unprocessable Entity",
        ),
        (problems.shipment_not_found(), 404, "NOT-00003", "Shipment not found", "Not Found"),
        (
            problems.provider_unreachable(timedelta(seconds=5)),
            503,
            "NOT-00004",
            "A temporary network failure occurred",
            "Service Unavailable",
        ),
    ],
)
def test_a_coded_problem_has_the_members_of_the_reference(
    problem: Problem, status: int, code: str, title: str, description: str
) -> None:
    assert json.loads(to_response(problem, TRACE).body) == {
        "type": f"urn:altinn:error:{code}",
        "title": title,
        "status": status,
        "code": code,
        "traceId": TRACE,
        "statusDescription": description,
    }


@pytest.mark.parametrize(
    ("problem", "status", "title", "kind"),
    [
        (problems.unauthorized("Why."), 401, "Unauthorized", RFC + "15.5.2"),
        (problems.forbidden("Why."), 403, "Forbidden", RFC + "15.5.4"),
        (problems.not_found("Why."), 404, "Not Found", RFC + "15.5.5"),
        (problems.conflict("Why."), 409, "Conflict", RFC + "15.5.10"),
        (problems.body_too_large("Why."), 413, "Content Too Large", RFC + "15.5.14"),
        (problems.service_unavailable("Why.", timedelta(seconds=5)), 503, "Service Unavailable", RFC + "15.6.4"),
    ],
)
def test_a_plain_problem_names_its_status_and_says_why(problem: Problem, status: int, title: str, kind: str) -> None:
    response = to_response(problem, TRACE)
    assert response.status == status
    assert json.loads(response.body) == {
        "type": kind,
        "title": title,
        "status": status,
        "detail": "Why.",
        "traceId": TRACE,
    }


@pytest.mark.parametrize(
    ("problem", "status", "kind"),
    [
        (problems.not_found(), 404, RFC + "15.5.5"),
        (problems.method_not_allowed(("GET",)), 405, RFC + "15.5.6"),
        (problems.length_required(), 411, RFC + "15.5.12"),
        (problems.unsupported_media_type(), 415, RFC + "15.5.16"),
        (
            problems.too_many_requests(timedelta(seconds=1)),
            429,
            "https://tools.ietf.org/html/rfc6585#section-4",
        ),
        (problems.internal_error(), 500, RFC + "15.6.1"),
    ],
)
def test_every_other_error_has_a_problem_body_too(problem: Problem, status: int, kind: str) -> None:
    body = json.loads(to_response(problem, TRACE).body)
    assert (body["status"], body["type"], body["traceId"]) == (status, kind, TRACE)


def test_a_401_says_how_to_authenticate() -> None:
    assert to_response(problems.unauthorized("Why."), TRACE).headers["WWW-Authenticate"] == "Bearer"
    basic = problems.unauthorized("Why.", challenge='Basic realm="reports"')
    assert to_response(basic, TRACE).headers["WWW-Authenticate"] == 'Basic realm="reports"'


def test_a_refused_metrics_key_is_told_as_a_problem_and_where_existing_clients_look() -> None:
    response = to_response(problems.api_key_refused("Invalid API key"), TRACE)
    body = json.loads(response.body)
    assert (response.status, body["status"], body["error"], body["detail"]) == (401, 401, *["Invalid API key"] * 2)
    assert response.headers["WWW-Authenticate"] == "ApiKey"


def test_a_405_says_which_methods_there_are() -> None:
    assert to_response(problems.method_not_allowed(("GET", "PUT")), TRACE).headers["Allow"] == "GET, PUT"


@pytest.mark.parametrize(("seconds", "header"), [(0, "1"), (0.2, "1"), (1, "1"), (1.2, "2"), (30, "30")])
def test_the_time_to_wait_is_told_in_whole_seconds(seconds: float, header: str) -> None:
    after = timedelta(seconds=seconds)
    for problem in (
        problems.too_many_requests(after),
        problems.service_unavailable("Why.", after),
        problems.provider_unreachable(after),
    ):
        assert to_response(problem, TRACE).headers["Retry-After"] == header


def test_an_echoed_value_that_is_no_unicode_is_replaced() -> None:
    body = to_response(problems.validation_failed({"seq": ["The value '\ud800' is bad."]}), TRACE).body
    assert json.loads(body)["errors"] == {"seq": ["The value '?' is bad."]}
