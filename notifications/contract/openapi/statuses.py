"""The endpoints that tell what became of orders (http-contract.md sections 3.4 to 3.6)."""

from notifications.contract.activity_log import NotificationLogEntry
from notifications.contract.dashboard import DashboardNotification
from notifications.contract.feed_query import MAX_PAGE_SIZE, FeedOrder
from notifications.contract.openapi import security
from notifications.contract.openapi.operation import API, IDENTITY, Answer, Operation, Parameter, Tag
from notifications.contract.responses import ShipmentManifest, StatusFeedEntry

_MOMENT = {"type": "string", "format": "date-time"}
_PERIOD = (
    Parameter(
        name="from",
        where="query",
        schema=_MOMENT,
        description="The earliest send time, with a time zone; seven days ago when left out. At most ten years ago.",
    ),
    Parameter(
        name="to",
        where="query",
        schema=_MOMENT,
        description="The send time before which to look, with a time zone; now when left out. Not in the future.",
    ),
)

_DASHBOARD = """\
What was sent to somebody, whoever ordered it, by the time for which it was ordered; newest first, and at most
the newest thousand. The number is given in a header, so that it is in no address."""


def _dashboard(id_: str, path: str, *, header: str, pattern: str, whom: str) -> Operation:
    number = Parameter(
        name=header,
        where="header",
        schema={"type": "string", "pattern": pattern},
        description=f"The number of the {whom}.",
        required=True,
    )
    return Operation(
        id=id_,
        method="get",
        path=f"{API}/future/dashboard/recipients/notifications/{path}",
        tag=Tag.SUPPORT,
        summary=f"What was sent to one {whom}",
        description=_DASHBOARD,
        security=security.SUPPORT,
        parameters=(number, *_PERIOD),
        answers={200: Answer(description="The shipments, or none.", shape=list[DashboardNotification])},
        problems=(400, 401, 403, 499, 500, 503),
    )


STATUSES = (
    Operation(
        id="get_shipment",
        method="get",
        path=f"{API}/future/shipment/{{id}}",
        tag=Tag.STATUS,
        summary="The status of one shipment",
        description="""\
A shipment is one message of an order: the main one, or a reminder. All kinds of orders have them. A status never goes
back, except that `…_Sending` reads as `…_New` again while the message waits for another try.""",
        security=security.CREATE,
        parameters=(IDENTITY,),
        answers={200: Answer(description="The shipment.", shape=ShipmentManifest)},
        problems=(401, 403, 404, 499, 500, 503),
    ),
    Operation(
        id="get_feed",
        method="get",
        path=f"{API}/future/shipment/feed",
        tag=Tag.STATUS,
        summary="The shipments that ended",
        description="""\
Each shipment once, when it has ended, without gaps and in order. Remember the last `sequenceNumber` and ask for what
follows it. Parameter names count in any letter case. Cancelled shipments are in it for those owners alone whom the
operators tell of them.""",
        security=security.CREATE,
        parameters=(
            Parameter(
                name="seq",
                where="query",
                schema={"type": "integer", "format": "int64", "minimum": 0, "maximum": 2**63 - 1, "default": 0},
                description="Read what follows this number; descending, what precedes it, 0 being beyond the newest.",
            ),
            Parameter(
                name="pageSize",
                where="query",
                schema={
                    "type": "integer",
                    "format": "int32",
                    "minimum": -(2**31),
                    "maximum": 2**31 - 1,
                    "default": MAX_PAGE_SIZE,
                },
                description=f"How many entries at most. It is moved to between 1 and {MAX_PAGE_SIZE}.",
            ),
            Parameter(
                name="orderBy",
                where="query",
                schema={"type": "string", "enum": [order.value for order in FeedOrder], "default": FeedOrder.ASC.value},
                description="Oldest first or newest first; in any letter case, or as 0 and 1.",
            ),
        ),
        answers={200: Answer(description="The entries, or none.", shape=list[StatusFeedEntry])},
        problems=(400, 401, 403, 415, 499, 500, 503),
    ),
    Operation(
        id="get_log",
        method="get",
        path=f"{API}/future/log",
        tag=Tag.STATUS,
        summary="What was sent in the matter of a dialog",
        description="""\
Every notification of the orders that were placed with this dialog, with this transmission, or with both where both are
given; at least one is. The ids count in their own letter case.""",
        security=security.CREATE,
        parameters=(
            Parameter(
                name="dialogId",
                where="query",
                schema={"type": "string"},
                description="The dialog's id; a blank one counts as left out.",
            ),
            Parameter(
                name="transmissionId",
                where="query",
                schema={"type": "string"},
                description="The transmission's id; a blank one counts as left out.",
            ),
        ),
        answers={200: Answer(description="The notifications, or none.", shape=list[NotificationLogEntry])},
        problems=(400, 401, 403, 499, 500, 503),
    ),
    _dashboard("dashboard_person", "nin", header="NationalIdentityNumber", pattern="^[0-9]{11}$", whom="person"),
    _dashboard(
        "dashboard_organization", "orgnumber", header="OrganizationNumber", pattern="^[0-9]{9}$", whom="organisation"
    ),
)
