"""Why a request that is valid by the schema may be refused: what no schema can say, or none that anybody could read."""

import re
from collections.abc import Mapping, Sequence

_REASONS: Mapping[str, Sequence[str]] = {
    # what the time is now
    r"requestedSendTime": (
        "RequestedSendTime must be greater than or equal to",
        "Send time must be in the future.",
        "The send time must lie before the year",
        "The JSON value could not be converted to a date-time.",
    ),
    r"delayDays": ("The send time must lie before the year",),
    # JSON Schema takes 60.0 for an integer, JSON readers of typed languages do not
    r"delayDays|timeToLiveInSeconds": ("The JSON value could not be converted to an integer.",),
    # which numbers each country has
    r"phoneNumber": ("Recipient phone number is not a valid mobile number.",),
    r"mobileNumber": ("Mobile number can contain only '+' and numeric characters",),
    # letters of any alphabet; characters and segments of SMS
    r"sender|senderNumber": ("The SMS sender must be a phone number, or consist of letters, digits and spaces.",),
    r"body": ("The SMS body takes more than 16 segments.", "The email body must not be larger than"),
    # an address inside a URL-encoded URN
    r"externalIdentity": ("Invalid external identity URN format.",),
    # addresses in the web, and permissions inside them
    r"conditionEndpoint": (
        "ConditionEndpoint must be a valid absolute URI or null.",
        "The condition endpoint must be a valid URL.",
    ),
    r"sasUrl|filename|attachments\[\d+\]": ("Attachment '",),
    # one member that needs another, or excludes it, by what they hold
    r"resourceAction": ("ResourceAction cannot be specified without a ResourceId.",),
    r"recipients\[\d+\]": (
        "Either a valid ",
        "National identity number cannot be combined with",
        "Organization number cannot be combined with",
    ),
    # a pattern for these two characters is not read alike by all readers of schemas
    r".*": ("The text holds a NUL character or a lone surrogate.",),
}


def unexplained(errors: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The errors of a refusal that a schema could have foretold."""
    left = {path: [text for text in texts if not _is_explained(path, text)] for path, texts in errors.items()}
    return {path: texts for path, texts in left.items() if texts}


def _is_explained(path: str, text: str) -> bool:
    member = path.rpartition(".")[2]
    return any(
        re.fullmatch(members, member, re.IGNORECASE) and text.startswith(tuple(texts))
        for members, texts in _REASONS.items()
    )
