"""What a request holds beside its headers."""

import azure.functions as func

from notifications.contract import problems
from notifications.triggers.answers import Answered


def body_of(req: func.HttpRequest) -> bytes:
    """The body as it was sent. Raises 411 for one in chunks, of which the Functions host hands nothing on."""
    body = req.get_body()
    if not body and "chunked" in req.headers.get("transfer-encoding", "").lower():
        raise Answered(problems.length_required())
    return body
