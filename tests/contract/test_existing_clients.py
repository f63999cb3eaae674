"""Orders as the serialisers of existing clients write them: what each of them says is an order that needs less."""

from typing import Any

import pytest

from notifications.contract.orders import parse_chain, parse_composed, parse_legacy, parse_legacy_email
from notifications.contract.reading import OrderParser
from tests.contract.builders import Request, parse
from tests.contract.requests import NUMBER, ORGANIZATION, SAS

EMAIL = {"subject": "S", "body": "B"}
SMS = {"body": "B"}
NOBODY = dict.fromkeys(
    ("recipientEmail", "recipientSms", "recipientPerson", "recipientOrganization", "recipientSelfIdentifiedUser")
)


def to_person(**members: object) -> Request:
    return {"recipientPerson": {"nationalIdentityNumber": NUMBER, **members}}


def to_organization(**members: object) -> Request:
    return {"recipientOrganization": {"orgNumber": ORGANIZATION, "resourceId": "urn:altinn:resource:r", **members}}


def chain(**members: object) -> Request:
    return {"idempotencyId": "51001/4c58bb73-init", **members}


APP = (
    parse_chain,
    chain(
        dialogportenAssociation=None,
        sendersReference="app-51001",
        requestedSendTime="2026-08-03T09:17:45.1234560+02:00",
        conditionEndpoint="https://ttd.apps.example.com/ttd/app/api/v1/notification-webhook-listener/51001?code=a.b-c_d",
        recipient=NOBODY
        | to_person(
            resourceId="urn:altinn:resource:app_ttd_app",
            channelSchema="EmailAndSms",
            ignoreReservation=False,
            emailSettings=EMAIL | {"senderEmailAddress": None, "contentType": "Plain", "sendingTimePolicy": "Anytime"},
            smsSettings=SMS | {"sender": "Altinn", "sendingTimePolicy": "Daytime"},
        ),
        reminders=None,
    ),
    chain(
        sendersReference="app-51001",
        requestedSendTime="2026-08-03T07:17:45.123456Z",
        conditionEndpoint="https://ttd.apps.example.com/ttd/app/api/v1/notification-webhook-listener/51001?code=a.b-c_d",
        recipient=to_person(
            resourceId="urn:altinn:resource:app_ttd_app",
            channelSchema="EmailAndSms",
            emailSettings=EMAIL,
            smsSettings=SMS | {"sender": "Altinn"},
        ),
    ),
)
CORRESPONDENCE = (
    parse_chain,
    chain(
        sendersReference="c",
        requestedSendTime="2026-08-03T08:00:00.0000000Z",
        dialogportenAssociation={"dialogId": "d", "transmissionId": None},
        conditionEndpoint=None,
        recipient=to_organization(channelSchema=2, emailSettings=EMAIL | {"contentType": 1}, smsSettings=SMS),
        reminders=[
            {
                "sendersReference": "r",
                "delayDays": "7",
                "requestedSendTime": None,
                "recipient": to_organization(channelSchema=1, emailSettings=None, smsSettings=SMS),
            }
        ],
    ),
    chain(
        sendersReference="c",
        requestedSendTime="2026-08-03T08:00:00Z",
        dialogportenAssociation={"dialogId": "d"},
        recipient=to_organization(
            channelSchema="EmailPreferred", emailSettings=EMAIL | {"contentType": "Html"}, smsSettings=SMS
        ),
        reminders=[
            {
                "sendersReference": "r",
                "delayDays": 7,
                "recipient": to_organization(channelSchema="Sms", smsSettings=SMS),
            }
        ],
    ),
)
WITH_FILES = (
    parse_composed,
    chain(
        sendersReference=None,
        requestedSendTime="2026-08-03T08:00:00.1+00:00",
        recipient={
            "emailAddress": "ola.normann@example.com",
            "emailSettings": EMAIL
            | {
                "senderEmailAddress": None,
                "contentType": "html",
                "attachments": [{"fileName": "a.pdf", "mimeType": "application/pdf", "sasUrl": SAS}],
            },
        },
    ),
    chain(
        requestedSendTime="2026-08-03T08:00:00.1Z",
        recipient={
            "emailAddress": "ola.normann@example.com",
            "emailSettings": EMAIL
            | {
                "contentType": "Html",
                "attachments": [{"filename": "a.pdf", "mimeType": "application/pdf", "sasUrl": SAS}],
            },
        },
    ),
)
LEGACY = (
    parse_legacy,
    {
        "requestedSendTime": "2026-08-03T08:00:00Z",
        "sendersReference": None,
        "recipients": [
            {
                "emailAddress": None,
                "mobileNumber": None,
                "organizationNumber": None,
                "nationalIdentityNumber": NUMBER,
                "externalIdentity": None,
                "isReserved": None,
            }
        ],
        "ignoreReservation": None,
        "resourceId": None,
        "conditionEndpoint": None,
        "notificationChannel": 3,
        "emailTemplate": EMAIL | {"contentType": 0},
        "smsTemplate": SMS,
    },
    {
        "requestedSendTime": "2026-08-03T08:00:00Z",
        "recipients": [{"nationalIdentityNumber": NUMBER}],
        "notificationChannel": "SmsPreferred",
        "emailTemplate": EMAIL,
        "smsTemplate": SMS,
    },
)
IN_ITS_OWN_CASE = (
    parse_legacy_email,
    {"Subject": "S", "Body": "B", "Recipients": [{"EmailAddress": "ola.normann@example.com"}], "ContentType": "HTML"},
    EMAIL | {"recipients": [{"emailAddress": "ola.normann@example.com"}], "contentType": "Html"},
)
OLDER_THAN_THE_CONTRACT = (
    parse_chain,
    chain(
        associationDialogporten={"dialogueId": "d", "transmissionId": None},
        recipient=to_person(
            resourceId=None,
            channelSchema="Email",
            ignoreReservation=True,
            emailSettings=EMAIL | {"senderName": "Etaten", "sendingTimePolicy": 1},
            smsSettings=None,
        ),
    ),
    chain(recipient=to_person(channelSchema="Email", ignoreReservation=True, emailSettings=EMAIL)),
)


@pytest.mark.parametrize(
    ("parser", "sent", "said"),
    [APP, CORRESPONDENCE, WITH_FILES, LEGACY, IN_ITS_OWN_CASE, OLDER_THAN_THE_CONTRACT],
    ids=["app", "correspondence", "files", "legacy", "own-case", "older"],
)
def test_what_an_existing_client_writes_is_the_order_that_it_means(
    parser: OrderParser[Any], sent: Request, said: Request
) -> None:
    read, meant = parse(sent, parser), parse(said, parser)
    assert read.shipments == meant.shipments
    assert (read.dialog_id, read.transmission_id) == (meant.dialog_id, meant.transmission_id)
