"""Where the HTTP functions are, in one place: what registers them, and what tells a wrong method from a wrong path."""

import re
from dataclasses import dataclass

API = "notifications/api/v1"

_CONSTRAINTS = {"guid": "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"}
_PARAMETER = re.compile(r"\{(?P<name>\w+)(?::(?P<constraint>\w+))?\}")


@dataclass(frozen=True, slots=True)
class Route:
    """A function's name, and the one method and the template that it answers as the Functions host reads them."""

    name: str
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


PLACE_ORDER = Route("place_order", "POST", f"{API}/future/orders")
PLACE_COMPOSED = Route("place_composed_email", "POST", f"{API}/future/orders/composed-email")
INSTANT_SMS = Route("send_instant_sms", "POST", f"{API}/future/orders/instant/sms")
INSTANT_EMAIL = Route("send_instant_email", "POST", f"{API}/future/orders/instant/email")
INSTANT = Route("send_instant", "POST", f"{API}/future/orders/instant")
GET_CHAIN = Route("get_chain", "GET", f"{API}/orders/chain/{{id:guid}}")
CANCEL_CHAIN = Route("cancel_chain", "PUT", f"{API}/orders/chain/{{id:guid}}/cancel")
GET_SHIPMENT = Route("get_shipment", "GET", f"{API}/future/shipment/{{id:guid}}")
GET_FEED = Route("get_feed", "GET", f"{API}/future/shipment/feed")
GET_LOG = Route("get_log", "GET", f"{API}/future/log")
DASHBOARD_PERSON = Route("dashboard_person", "GET", f"{API}/future/dashboard/recipients/notifications/nin")
DASHBOARD_ORGANIZATION = Route(
    "dashboard_organization", "GET", f"{API}/future/dashboard/recipients/notifications/orgnumber"
)

LEGACY_ORDER = Route("place_legacy_order", "POST", f"{API}/orders")
LEGACY_EMAIL_ORDER = Route("place_legacy_email_order", "POST", f"{API}/orders/email")
LEGACY_SMS_ORDER = Route("place_legacy_sms_order", "POST", f"{API}/orders/sms")
FIND_ORDERS = Route("find_orders", "GET", f"{API}/orders")
GET_ORDER = Route("get_order", "GET", f"{API}/orders/{{id}}")
GET_ORDER_STATUS = Route("get_order_status", "GET", f"{API}/orders/{{id}}/status")
CANCEL_ORDER = Route("cancel_order", "PUT", f"{API}/orders/{{id}}/cancel")
GET_EMAIL_SUMMARY = Route("get_email_notifications", "GET", f"{API}/orders/{{id}}/notifications/email")
GET_SMS_SUMMARY = Route("get_sms_notifications", "GET", f"{API}/orders/{{id}}/notifications/sms")

METRICS_FORM = Route("metrics_form", "GET", f"{API}/metrics")
METRICS_PAGE = Route("metrics_page", "POST", f"{API}/metrics")
EXPORT_EMAIL = Route("export_email_metrics", "POST", f"{API}/metrics/email")
EXPORT_SMS = Route("export_sms_metrics", "POST", f"{API}/metrics/sms")
TEST_CONDITION = Route("test_send_condition", "GET", f"{API}/tests/sendcondition")

EMAIL_REPORTS = Route("receive_email_reports", "POST", "notifications/email/api/v1/reports")
SMS_REPORTS = Route("receive_sms_reports", "POST", "notifications/sms/api/v1/reports")
HEALTH = Route("health", "GET", "health")
OPENAPI = Route("openapi", "GET", "openapi.json")
DOCS = Route("docs", "GET", "docs")

ROUTES = (
    PLACE_ORDER,
    PLACE_COMPOSED,
    INSTANT_SMS,
    INSTANT_EMAIL,
    INSTANT,
    GET_CHAIN,
    CANCEL_CHAIN,
    GET_SHIPMENT,
    GET_FEED,
    GET_LOG,
    DASHBOARD_PERSON,
    DASHBOARD_ORGANIZATION,
    LEGACY_ORDER,
    LEGACY_EMAIL_ORDER,
    LEGACY_SMS_ORDER,
    FIND_ORDERS,
    GET_ORDER,
    GET_ORDER_STATUS,
    CANCEL_ORDER,
    GET_EMAIL_SUMMARY,
    GET_SMS_SUMMARY,
    METRICS_FORM,
    METRICS_PAGE,
    EXPORT_EMAIL,
    EXPORT_SMS,
    TEST_CONDITION,
    EMAIL_REPORTS,
    SMS_REPORTS,
    HEALTH,
    OPENAPI,
    DOCS,
)


def allowed_methods(path: str) -> tuple[str, ...]:
    """The methods that a path answers; none when there is nothing at it."""
    return tuple(sorted({route.method for route in ROUTES if route.matches(path)}))
