"""What the caller is told of a sender towards recipients in countries that fail names (spec items 8 and 24)."""

from datetime import UTC, datetime

import pytest

from notifications.contract.drafting import Drafting
from notifications.domain.sms_sender import SenderCountries

COUNTRIES = SenderCountries(prefixes={"+358": "+4759444444", "+34": None})
FINNISH, SPANISH, NORWEGIAN = "+358401234567", "0034612345678", "+4799999999"
LONG = "Skatteetaten AS"

CUT = "The sender is longer than 11 characters and was cut to 'Skatteetate'."
REPLACED = "Names fail as sender in the country of +358; '+4759444444' is used instead."
FAILS = "Names often fail as sender in the country of +34; give a phone number as sender."


@pytest.mark.parametrize(
    ("sender", "numbers", "ordered", "warnings"),
    [
        ("TTD", [NORWEGIAN], "TTD", []),
        ("TTD", [], "TTD", []),
        ("TTD", [FINNISH], "TTD", [REPLACED]),
        (LONG, [FINNISH], "Skatteetate", [CUT, REPLACED]),
        ("TTD", [FINNISH, "00358 40 123 4568"], "TTD", [REPLACED]),
        ("TTD", [SPANISH], "TTD", [FAILS]),
        (LONG, [NORWEGIAN], "Skatteetate", [CUT]),
        (LONG, [SPANISH], "Skatteetate", [CUT, FAILS]),
        # each recipient gets the sender of its own country
        ("TTD", [FINNISH, NORWEGIAN], "TTD", [REPLACED]),
        ("TTD", [FINNISH, SPANISH], "TTD", [REPLACED, FAILS]),
        (None, [SPANISH], None, [FAILS]),
        (None, [FINNISH], None, [REPLACED]),
        ("+4759444444", [FINNISH, SPANISH], "+4759444444", []),
    ],
)
def test_the_sender_stays_as_ordered_and_the_caller_is_told_what_becomes_of_it(
    sender: str | None, numbers: list[str], ordered: str | None, warnings: list[str]
) -> None:
    drafting = Drafting(creator="ttd", now=datetime(2026, 8, 3, tzinfo=UTC), senders=COUNTRIES)
    sms = drafting.sms("Hello", sender=sender, policy=None, numbers=numbers, path=("senderNumber",))
    assert sms.sender == ordered
    assert drafting.warnings == [(("senderNumber",), text) for text in warnings]
