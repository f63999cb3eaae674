"""The document as a page for people: plain HTML and CSS, which needs no script and nothing from elsewhere."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from notifications.contract.limits import Limits
from notifications.contract.openapi.document import document
from notifications.contract.openapi.html import Html, element, folded, joined, phrase, prose, table
from notifications.contract.openapi.page_schemas import bounds_of, schema_section, type_of

MEDIA_TYPE = "text/html; charset=utf-8"
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}
"""What the page is to be answered with beside its type."""

_STYLE = Html(Path(__file__).with_name("page.css").read_text("utf-8"))

type _Part = Mapping[str, Any]


@cache
def rendered(base_uri: str, limits: Limits, cookie_name: str = "AltinnStudioRuntime") -> tuple[str, bytes]:
    """The page's media type and its bytes."""
    return MEDIA_TYPE, page(document(base_uri, limits, cookie_name)).encode()


def page(described: _Part) -> Html:
    """The page of a document."""
    title = described["info"]["title"]
    head = element(
        "head",
        Html('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
        element("title", f"{title} – interface"),
        element("style", _STYLE),
    )
    body = element("body", _navigation(described), element("main", *_content(described, title)))
    return joined([Html("<!doctype html>"), element("html", head, body, lang="en")])


def _navigation(described: _Part) -> Html:
    tags = (element("li", element("a", tag["name"], href=f"#{_tag_id(tag)}")) for tag in described["tags"])
    others = (
        element("li", element("a", name, href=f"#{id_}"))
        for name, id_ in (("Credentials", "credentials"), ("Schemas", "schemas"))
    )
    return element("nav", element("ul", *tags, *others), aria_label="Sections")


def _content(described: _Part, title: str) -> Iterator[Html]:
    components = described["components"]
    yield element("h1", title)
    yield prose(described["info"]["description"])
    yield element("p", "The service is at ", *(element("code", each["url"]) for each in described["servers"]), ".")
    yield element("p", "For programs: ", element("a", "/openapi.json", href="/openapi.json"), " (OpenAPI 3.1).")
    for tag in described["tags"]:
        yield element("section", *_tagged(described, tag), id_=_tag_id(tag))
    rows = (
        (element("code", name), phrase(each["description"])) for name, each in components["securitySchemes"].items()
    )
    credentials = table("How callers say who they are", ("Name", "Meaning"), rows)
    yield element("section", element("h2", "Credentials"), credentials, id_="credentials")
    schemas = (schema_section(name, each) for name, each in components["schemas"].items())
    yield element("section", element("h2", "Schemas"), *schemas, id_="schemas")


def _tag_id(tag: _Part) -> str:
    name: str = tag["name"]
    return "tag-" + name.lower().replace(" ", "-")


def _tagged(described: _Part, tag: _Part) -> Iterator[Html]:
    yield element("h2", tag["name"])
    yield prose(tag["description"])
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            if tag["name"] in operation["tags"]:
                yield _operation(described, path, method, operation)


def _operation(described: _Part, path: str, method: str, operation: _Part) -> Html:
    summary = joined(
        [
            element("span", method.upper(), class_=f"method {method}"),
            " ",
            element("code", path),
            " ",
            operation["summary"],
            *([element("strong", " (deprecated)")] if operation.get("deprecated") else ()),
        ]
    )
    return folded(summary, *_told(described, operation), id_=operation["operationId"], class_="operation")


def _told(described: _Part, operation: _Part) -> Iterator[Html]:
    yield prose(operation["description"])
    yield element("p", element("strong", "Credentials: "), _credentials(operation["security"]))
    if "parameters" in operation:
        columns = ("Name", "In", "Type", "Required", "Meaning")
        yield table("Parameters", columns, map(_parameter, operation["parameters"]))
    if "requestBody" in operation:
        yield element("h3", "Request")
        yield from _contents(operation["requestBody"]["content"])
    yield element("h3", "Answers")
    for status, answer in operation["responses"].items():
        yield from _answer(described, status, answer)


def _credentials(security: list[Mapping[str, list[str]]]) -> Html:
    """Those that suffice, with the scopes that they must hold."""
    choices = [
        joined(
            joined([element("code", name), *(joined([" with ", element("code", scope)]) for scope in scopes)])
            for name, scopes in each.items()
        )
        or Html("none")
        for each in security
    ]
    return joined([choices[0], *(joined([", or ", each]) for each in choices[1:])])


def _parameter(parameter: _Part) -> tuple[str, ...]:
    schema = parameter["schema"]
    meaning = joined([phrase(parameter["description"]), " ", bounds_of(schema)])
    required = "yes" if parameter.get("required") else ""
    return element("code", parameter["name"]), parameter["in"], type_of(schema), required, meaning


def _answer(described: _Part, status: str, answer: _Part) -> Iterator[Html]:
    if "$ref" in answer:
        answer = described["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    yield element("h4", element("code", status), " ", phrase(answer["description"]))
    if "headers" in answer:
        rows = ((element("code", name), phrase(each["description"])) for name, each in answer["headers"].items())
        yield table(f"Headers of {status}", ("Header", "Meaning"), rows)
    yield from _contents(answer["content"])


def _contents(contents: _Part) -> Iterator[Html]:
    for media_type, content in contents.items():
        yield element("p", element("code", media_type), ": ", type_of(content["schema"]))
        for shown in content.get("examples", {}).values():
            value = json.dumps(shown["value"], ensure_ascii=False, indent=2)
            yield folded(f"Example: {shown['summary']}", element("pre", element("code", value)))
