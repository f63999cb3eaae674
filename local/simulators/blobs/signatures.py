"""Shared access signatures: what of one can be checked without the account's key.

The parameters are those of learn.microsoft.com/rest/api/storageservices/create-service-sas. Any signature counts as
genuine, so that an address can be written by hand.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from local.simulators.blobs.errors import BlobError

_FAILED = (
    "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly "
    "including the signature."
)
_MISMATCH = BlobError(
    403,
    "AuthorizationPermissionMismatch",
    "This request is not authorized to perform this operation using this permission.",
)
_RESOURCES = {"b", "c"}


def authorize(query: Mapping[str, str]) -> None:
    """Raise the 403 error unless the parameters let a file be read now."""
    for name in ("sig", "se", "sp", "sr"):
        if not query.get(name, "").strip():
            raise _failed(f"{name} is mandatory. Cannot be empty")
    if query["sr"].lower() not in _RESOURCES:
        raise _failed("sr is invalid")
    start, expiry, now = _moment(query, "st"), _moment(query, "se"), datetime.now(UTC)
    if (start and now < start) or (expiry and now >= expiry):
        frame = f"Start [{query.get('st', '')}] - Expiry [{query['se']}] - Current [{now:%a, %d %b %Y %H:%M:%S} GMT]"
        raise _failed(f"Signature not valid in the specified time frame: {frame}")
    if "r" not in query["sp"]:
        raise _MISMATCH


def _moment(query: Mapping[str, str], name: str) -> datetime | None:
    if name not in query:
        return None
    try:
        moment = datetime.fromisoformat(query[name])
    except ValueError:
        raise _failed(f"{name} is not a valid date") from None
    return moment.replace(tzinfo=moment.tzinfo or UTC)


def _failed(detail: str) -> BlobError:
    return BlobError(403, "AuthenticationFailed", _FAILED, detail)
