"""The orders that can be placed: a parser for each kind of body, all called alike and with the same result."""

from notifications.contract.attachment_rules import attachment_rules
from notifications.contract.chain_draft import chain_draft, late_reminders
from notifications.contract.chain_request import ChainRequest
from notifications.contract.chain_rules import chain_rules
from notifications.contract.composed_draft import composed_draft
from notifications.contract.composed_request import ComposedRequest
from notifications.contract.instant_draft import instant_draft, instant_email_draft, instant_sms_draft
from notifications.contract.instant_request import InstantEmailRequest, InstantRequest, InstantSmsRequest
from notifications.contract.legacy_draft import legacy_draft, legacy_email_draft, legacy_sms_draft
from notifications.contract.legacy_request import LegacyEmailOrder, LegacyRequest, LegacySmsOrder
from notifications.contract.legacy_rules import email_order_rules, order_rules, sms_order_rules
from notifications.contract.limits import Limits
from notifications.contract.reading import OrderParser, no_rules

_VALUES_OF_A_RECIPIENT = 6
"""An object and its five members."""


def _many_recipients(limits: Limits) -> int:
    return limits.json_values + limits.recipients * _VALUES_OF_A_RECIPIENT


parse_chain = OrderParser(model=ChainRequest, rules=chain_rules, last_rules=late_reminders, draft=chain_draft)
"""POST /future/orders: an order with its reminders."""

parse_instant_sms = OrderParser(model=InstantSmsRequest, rules=no_rules, draft=instant_sms_draft)
"""POST /future/orders/instant/sms."""

parse_instant_email = OrderParser(model=InstantEmailRequest, rules=no_rules, draft=instant_email_draft)
"""POST /future/orders/instant/email."""

parse_instant = OrderParser(model=InstantRequest, rules=no_rules, draft=instant_draft)
"""POST /future/orders/instant, which is deprecated."""

parse_composed = OrderParser(model=ComposedRequest, rules=attachment_rules, draft=composed_draft)
"""POST /future/orders/composed-email: an email with attachments."""

parse_legacy = OrderParser(model=LegacyRequest, rules=order_rules, draft=legacy_draft, json_values=_many_recipients)
"""POST /orders: by the channels that are chosen."""

parse_legacy_email = OrderParser(
    model=LegacyEmailOrder, rules=email_order_rules, draft=legacy_email_draft, json_values=_many_recipients
)
"""POST /orders/email."""

parse_legacy_sms = OrderParser(
    model=LegacySmsOrder, rules=sms_order_rules, draft=legacy_sms_draft, json_values=_many_recipients
)
"""POST /orders/sms."""
