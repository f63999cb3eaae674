"""Parameters in queries."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

import azure.functions as func


def query(req: func.HttpRequest) -> Mapping[str, str]:
    """The parameters of a request's query, those with an empty value as well, which the Functions host leaves out."""
    given = parse_qsl(req.url.partition("?")[2], keep_blank_values=True)
    return {**req.params, **{name: "" for name, value in given if not value and name not in req.params}}
