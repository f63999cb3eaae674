"""Which sender an order gets whose recipients are in countries that fail names (spec items 8 and 24)."""

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
    ("sender", "numbers", "used", "warnings"),
    [
        ("TTD", [NORWEGIAN], "TTD", []),
        ("TTD", [], "TTD", []),
        ("TTD", [FINNISH], "+4759444444", [REPLACED]),
        (LONG, [FINNISH], "+4759444444", [REPLACED]),
        ("TTD", [FINNISH, "00358 40 123 4568"], "+4759444444", [REPLACED]),
        ("TTD", [SPANISH], "TTD", [FAILS]),
        (LONG, [NORWEGIAN], "Skatteetate", [CUT]),
        (LONG, [SPANISH], "Skatteetate", [CUT, FAILS]),
        # one order has one sender: what suits one country alone is not used for all
        ("TTD", [FINNISH, NORWEGIAN], "TTD", [FAILS.replace("+34", "+358")]),
        ("TTD", [FINNISH, SPANISH], "TTD", [FAILS.replace("+34", "+358"), FAILS]),
        (None, [SPANISH], None, [FAILS]),
        ("+4759444444", [FINNISH, SPANISH], "+4759444444", []),
    ],
)
def test_the_sender_suits_its_recipients_or_the_caller_is_warned(
    sender: str | None, numbers: list[str], used: str | None, warnings: list[str]
) -> None:
    drafting = Drafting(creator="ttd", now=datetime(2026, 8, 3, tzinfo=UTC), senders=COUNTRIES)
    sms = drafting.sms("Hello", sender=sender, policy=None, numbers=numbers, path=("senderNumber",))
    assert sms.sender == used
    assert drafting.warnings == [(("senderNumber",), text) for text in warnings]
