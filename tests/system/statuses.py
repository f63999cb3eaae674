"""How the legacy API shows each status of orders and notifications, verbatim (http-contract.md section 6)."""

from typing import NamedTuple


class Shown(NamedTuple):
    """A notification's status in a summary of the legacy API."""

    name: str
    description: str
    succeeded: bool = False


# By the present API's name. A processed order has no name of its own: the description tells.
ORDERS = {
    "Order_Registered": (
        "Registered",
        "Order has been registered and is awaiting requested send time before processing.",
    ),
    "Order_Processing": ("Processing", "Order processing is ongoing. Notifications are being generated."),
    "Order_Processed": ("Completed", "Order processing is done. Notifications have been successfully generated."),
    "Order_Completed": ("Completed", "Order processing is completed. All notifications have a final status."),
    "Order_SendConditionNotMet": (
        "SendConditionNotMet",
        "Order processing was stopped due to send condition not being met.",
    ),
    "Order_Cancelled": ("Cancelled", "Order processing was stopped due to order being cancelled."),
}
EMAIL = {
    "Email_New": Shown("New", "The email has been created, but has not been picked up for processing yet."),
    "Email_Sending": Shown("Sending", "The email is being processed and will be attempted sent shortly."),
    "Email_Succeeded": Shown(
        "Succeeded",
        "The email has been accepted by the third party email service and will be sent shortly.",
        succeeded=True,
    ),
    "Email_Delivered": Shown(
        "Delivered",
        "The email was delivered to the recipient. No errors reported, making it likely it was received by the "
        "recipient.",
        succeeded=True,
    ),
    "Email_Failed": Shown("Failed", "The email was not sent due to an unspecified failure."),
    "Email_Failed_RecipientReserved": Shown(
        "Failed_RecipientReserved",
        "The email was not sent because the recipient has reserved themselves from electronic communication.",
    ),
    "Email_Failed_RecipientNotIdentified": Shown(
        "Failed_RecipientNotIdentified",
        "The email was not sent because the recipient's email address was not found.",
    ),
    "Email_Failed_InvalidFormat": Shown(
        "Failed_InvalidEmailFormat",
        "The email was not sent because the recipient\u2019s email address is in an invalid format.",
    ),
    "Email_Failed_SuppressedRecipient": Shown(
        "Failed_SupressedRecipient",
        "The email was not sent because the recipient\u2019s email address is suppressed by the third party email "
        "service.",
    ),
    "Email_Failed_Bounced": Shown(
        "Failed_Bounced",
        "The email hard bounced, which may have happened because the email address does not exist or the domain is "
        "invalid.",
    ),
    "Email_Failed_FilteredSpam": Shown(
        "Failed_FilteredSpam", "The email was identified as spam, and was rejected or blocked (not quarantined)."
    ),
    "Email_Failed_Quarantined": Shown(
        "Failed_Quarantined", "The email was quarantined (as spam, bulk mail, or phising)."
    ),
    "Email_Failed_TTL": Shown(
        "Failed",
        "The email was in indefinite state Succeeded for too long (TTL), and was subsequently set to failed.",
    ),
    "Email_Failed_InvalidSasUrl": Shown(
        "Failed_InvalidSasUrl",
        "The email was not sent because one or more attachment SAS URLs are invalid, expired, or inaccessible.",
    ),
    "Email_Failed_PayloadTooLarge": Shown(
        "Failed_PayloadTooLarge",
        "The email was not sent because the total size of the attachments exceeds the allowed limit.",
    ),
}
SMS = {
    "SMS_New": Shown("New", "The SMS has been created, but has not been picked up for processing yet."),
    "SMS_Sending": Shown("Sending", "The SMS is being processed and will be attempted sent shortly."),
    "SMS_Accepted": Shown(
        "Accepted", "The SMS has been accepted by the gateway service and will be sent shortly.", succeeded=True
    ),
    "SMS_Delivered": Shown("Delivered", "The SMS was successfully delivered to its destination.", succeeded=True),
    "SMS_Failed": Shown("Failed", "The SMS was not delivered due to an unspecified failure."),
    "SMS_Failed_InvalidRecipient": Shown(
        "Failed_InvalidRecipient", "The SMS was not delivered because the recipient's mobile number was invalid."
    ),
    "SMS_Failed_BarredReceiver": Shown(
        "Failed_BarredReceiver",
        "The SMS was not delivered because the recipient's number is barred, blocked or not in use.",
    ),
    "SMS_Failed_Deleted": Shown("Failed_Deleted", "The SMS was not delivered because the message has been deleted."),
    "SMS_Failed_Expired": Shown("Failed_Expired", "The SMS was not delivered because it has expired."),
    "SMS_Failed_Undelivered": Shown(
        "Failed_Undelivered",
        "The SMS was not delivered due to invalid number or no available route to destination.",
    ),
    "SMS_Failed_Rejected": Shown("Failed_Rejected", "The SMS was not delivered because it was rejected."),
    "SMS_Failed_RecipientReserved": Shown(
        "Failed_RecipientReserved",
        "The SMS was not sent because the recipient has reserved themselves from electronic communication.",
    ),
    "SMS_Failed_RecipientNotIdentified": Shown(
        "Failed_RecipientNotIdentified",
        "The SMS was not delivered because the recipient's mobile number was not found.",
    ),
    "SMS_Failed_TTL": Shown(
        "Failed", "The SMS was in indefinite state Accepted for too long (TTL), and was subsequently set to failed."
    ),
}
CHANNELS = {"email": EMAIL, "sms": SMS}
