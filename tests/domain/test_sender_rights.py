"""Which senders an organisation may send as."""

import pytest

from notifications.domain.sender_rights import SenderRights, parse_sender_rights

RIGHTS = parse_sender_rights(" ttd = TTD , +4799999999, Post@ttd.example ;skd=Skatt;")


@pytest.mark.parametrize("sender", ["TTD", "ttd", " TTD ", "+4799999999", "004799999999", "post@TTD.example"])
def test_a_sender_on_the_list_may_be_used_however_it_is_written(sender: str) -> None:
    assert RIGHTS.allows("ttd", sender)


@pytest.mark.parametrize("sender", ["Skatt", "+4799999998", "post@skd.example"])
def test_a_sender_that_is_not_on_the_list_may_not(sender: str) -> None:
    assert not RIGHTS.allows("ttd", sender)


def test_an_organisation_without_a_list_may_send_as_anybody() -> None:
    assert RIGHTS.allows("nav", "TTD")
    assert SenderRights().allows("ttd", "anybody")


@pytest.mark.parametrize("text", ["ttd", "ttd=", "=TTD", "ttd=,", "ttd=A;ttd=B"])
def test_rights_that_cannot_be_read_say_what_would_be_right(text: str) -> None:
    with pytest.raises(ValueError, match="give each organisation once"):
        parse_sender_rights(text)
