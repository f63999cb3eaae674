"""Errors as Azure Storage answers them: learn.microsoft.com/rest/api/storageservices/status-and-error-codes2."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from aiohttp import web

VERSION = "2025-07-05"


@dataclass(frozen=True, slots=True)
class BlobError(Exception):
    """A refused call: HTTP status, error code, message, and for failed authentication why it failed."""

    status: int
    code: str
    message: str
    detail: str = ""

    def response(self) -> web.Response:
        """Return the HTTP answer, the code repeated in x-ms-error-code."""
        request_id = str(uuid.uuid4())
        headers = {"x-ms-error-code": self.code, "x-ms-request-id": request_id, "x-ms-version": VERSION}
        document = self._document(request_id)
        return web.Response(status=self.status, body=document, content_type="application/xml", headers=headers)

    def _document(self, request_id: str) -> bytes:
        time = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        message = f"{escape(self.message)}\nRequestId:{request_id}\nTime:{time}"
        detail = f"<AuthenticationErrorDetail>{escape(self.detail)}</AuthenticationErrorDetail>" if self.detail else ""
        error = f"<Error><Code>{self.code}</Code><Message>{message}</Message>{detail}</Error>"
        return f'<?xml version="1.0" encoding="utf-8"?>{error}'.encode("utf-8-sig")


NOT_FOUND = BlobError(404, "BlobNotFound", "The specified blob does not exist.")
"""What is answered for a file that is not there."""

ARCHIVED = BlobError(409, "BlobArchived", "This operation is not permitted on an archived blob.")
"""What is answered for a file in the archive tier."""

INTERNAL = BlobError(500, "InternalError", "The server encountered an internal error. Please retry the request.")
"""What is answered when something is wrong in the service."""

BUSY = BlobError(503, "ServerBusy", "The server is busy.")
"""What is answered above the rate that the account may have."""
