"""Errors as Azure Communication Services answers them."""

from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True, slots=True)
class AcsError(Exception):
    """A refused call: HTTP status, error code, message, and seconds for Retry-After where there is one.

    The shape is ErrorResponse of the data-plane common types (azure-rest-api-specs).
    """

    status: int
    code: str
    message: str
    retry_after: int | None = None

    def body(self) -> dict[str, str]:
        """Return the error member: code and message."""
        return {"code": self.code, "message": self.message}

    def response(self) -> web.Response:
        """Return the HTTP answer, the code repeated in x-ms-error-code as the API specification says."""
        headers = {"x-ms-error-code": self.code}
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        return web.json_response({"error": self.body()}, status=self.status, headers=headers)


THROTTLED = AcsError(429, "TooManyRequests", "The request was throttled. Retry after 1 seconds.", 1)
"""What a caller over the rate gets."""
