"""The endpoints that take orders and cancel them (http-contract.md sections 3.1 to 3.3 and 3.9)."""

from notifications.contract.chain_request import ChainRequest
from notifications.contract.composed_request import ComposedRequest
from notifications.contract.instant_request import InstantEmailRequest, InstantRequest, InstantSmsRequest
from notifications.contract.openapi import security
from notifications.contract.openapi.operation import API, IDENTITY, Answer, Body, Operation, Tag
from notifications.contract.responses import (
    InstantOrderResponse,
    NotificationOrderChainResponse,
    NotificationOrderChainStatus,
)

_PLACING = (400, 401, 403, 409, 411, 413, 415, 429, 499, 500, 503)
_LOCATION = {"Location": "Where the order is."}
_REPLAYED = {
    "Idempotent-Replayed": "`true`: the order had been placed before.",
    "Idempotent-Content-Mismatch": "`true` when the first request had another content, which is what counts.",
}

_INSTANT = """\
Handed over to the provider within the request, at any hour. Nothing is stored when that fails, and the same
`idempotencyId` can be used again. The three instant endpoints share their idempotency ids."""

_COMPOSED = """\
An email to one address, with files that are fetched from Azure Blob Storage when it is sent. What is wrong with a file
then shows as `Email_Failed_InvalidSasUrl` or `Email_Failed_PayloadTooLarge`."""


def _chain_answers() -> dict[int, Answer]:
    shape = NotificationOrderChainResponse
    return {
        201: Answer(description="The order is accepted and stored.", shape=shape, headers=_LOCATION),
        200: Answer(description="The order had been placed before.", shape=shape, headers=_REPLAYED),
    }


def _instant_answers() -> dict[int, Answer]:
    shape = InstantOrderResponse
    return {
        201: Answer(description="The provider has the message.", shape=shape, headers=_LOCATION),
        200: Answer(description="The message had been ordered before.", shape=shape, headers=_REPLAYED),
    }


ORDERS = (
    Operation(
        id="place_order",
        method="post",
        path=f"{API}/future/orders",
        tag=Tag.ORDER,
        summary="Order a notification with reminders",
        description="""\
One recipient, given by address or by an identity whose address the registers know, and any number of reminders with
recipients of their own. Repeat a request that got no answer with the same `idempotencyId` until there is one.

A recipient whom the registers know no address of is refused with `NOT-00001`, in a reminder as well. Persons who asked
not to be told electronically are not: their notification ends as `Failed_RecipientReserved`.""",
        security=security.CREATE,
        body=Body(model=ChainRequest),
        answers=_chain_answers(),
        problems=(*_PLACING, 422),
    ),
    Operation(
        id="place_composed_email",
        method="post",
        path=f"{API}/future/orders/composed-email",
        tag=Tag.ORDER,
        summary="Order an email with attachments",
        description=_COMPOSED,
        security=security.COMPOSED,
        body=Body(model=ComposedRequest),
        answers=_chain_answers(),
        problems=_PLACING,
    ),
    Operation(
        id="send_instant_sms",
        method="post",
        path=f"{API}/future/orders/instant/sms",
        tag=Tag.INSTANT,
        summary="Send an SMS at once",
        description=_INSTANT,
        security=security.CREATE,
        body=Body(model=InstantSmsRequest),
        answers=_instant_answers(),
        problems=_PLACING,
    ),
    Operation(
        id="send_instant_email",
        method="post",
        path=f"{API}/future/orders/instant/email",
        tag=Tag.INSTANT,
        summary="Send an email at once",
        description=_INSTANT,
        security=security.CREATE,
        body=Body(model=InstantEmailRequest),
        answers=_instant_answers(),
        problems=_PLACING,
    ),
    Operation(
        id="send_instant",
        method="post",
        path=f"{API}/future/orders/instant",
        tag=Tag.DEPRECATED,
        summary="Send an SMS at once, in the older form",
        description=f"Use `/future/orders/instant/sms`.\n\n{_INSTANT}",
        security=security.CREATE,
        body=Body(model=InstantRequest),
        answers=_instant_answers(),
        problems=_PLACING,
        deprecated=True,
    ),
    Operation(
        id="get_chain",
        method="get",
        path=f"{API}/orders/chain/{{id}}",
        tag=Tag.ORDER,
        summary="An order with the status of each shipment",
        description="Where the `Location` of an accepted order leads. Each shipment's own status tells its recipients.",
        security=security.CREATE,
        parameters=(IDENTITY,),
        answers={200: Answer(description="The order.", shape=NotificationOrderChainStatus)},
        problems=(401, 403, 404, 499, 500, 503),
    ),
    Operation(
        id="cancel_chain",
        method="put",
        path=f"{API}/orders/chain/{{id}}/cancel",
        tag=Tag.ORDER,
        summary="Cancel what is left of an order",
        description="""\
Cancels each shipment that is more than five minutes away, and says which are cancelled. Repeating it does no harm.""",
        security=security.CREATE,
        parameters=(IDENTITY,),
        answers={200: Answer(description="The order as it is now.", shape=NotificationOrderChainStatus)},
        problems=(401, 403, 404, 499, 500, 503),
    ),
)
