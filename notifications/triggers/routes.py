"""Where the HTTP functions are, in one place: what registers them, and what tells a wrong method from a wrong path."""

import re
from dataclasses import dataclass

API = "notifications/api/v1"

_CONSTRAINTS = {"guid": "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"}
_PARAMETER = re.compile(r"\{(?P<name>\w+)(?::(?P<constraint>\w+))?\}")


@dataclass(frozen=True, slots=True)
class Route:
    """A template as the Functions host reads it, and the one method that it answers."""

    method: str
    template: str

    def matches(self, path: str) -> bool:
        """Whether a path (no leading slash) is one of this route's; letters may have any case."""
        return re.fullmatch(self._pattern(), path.rstrip("/"), re.IGNORECASE) is not None

    def _pattern(self) -> str:
        pattern, end = "", 0
        for parameter in _PARAMETER.finditer(self.template):
            pattern += re.escape(self.template[end : parameter.start()])
            pattern += _CONSTRAINTS.get(parameter["constraint"] or "", "[^/]+")
            end = parameter.end()
        return pattern + re.escape(self.template[end:])


PLACE_ORDER = Route("POST", f"{API}/future/orders")
GET_SHIPMENT = Route("GET", f"{API}/future/shipment/{{id:guid}}")
GET_FEED = Route("GET", f"{API}/future/shipment/feed")
CANCEL_ORDER = Route("PUT", f"{API}/orders/{{id}}/cancel")
GET_CHAIN = Route("GET", f"{API}/orders/chain/{{id:guid}}")
CANCEL_CHAIN = Route("PUT", f"{API}/orders/chain/{{id:guid}}/cancel")
EMAIL_REPORTS = Route("POST", "notifications/email/api/v1/reports")
SMS_REPORTS = Route("POST", "notifications/sms/api/v1/reports")
HEALTH = Route("GET", "health")

ROUTES = (
    PLACE_ORDER,
    GET_SHIPMENT,
    GET_FEED,
    CANCEL_ORDER,
    GET_CHAIN,
    CANCEL_CHAIN,
    EMAIL_REPORTS,
    SMS_REPORTS,
    HEALTH,
)


def allowed_methods(path: str) -> tuple[str, ...]:
    """The methods that a path answers; none when there is nothing at it."""
    return tuple(sorted({route.method for route in ROUTES if route.matches(path)}))
