"""Names of persons and organisations, and the token that Register wants to see."""

from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from notifications.domain.contacts import Unavailable
from notifications.domain.order import Recipient
from notifications.recipients.names import LONGEST_NAME
from notifications.recipients.platform_token import PlatformToken
from tests.builders import FakeClock
from tests.recipients.registers import BAKERY, KARI, NAMES, NORA, OLA, SMITHY, Registers, directory_of

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)

KARI_HERSELF = Recipient(national_identity_number=KARI)
BAKERY_ITSELF = Recipient(organization_number=BAKERY)


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def knowing(*entries: dict[str, Any] | None) -> Registers:
    return Registers({NAMES: {"partyNames": list(entries)}})


async def test_persons_and_organisations_are_asked_about_in_one_call() -> None:
    registers = knowing({"name": "Kari Begge", "ssn": KARI}, {"name": " Bakeriet AS ", "orgNo": BAKERY, "ssn": None})
    async with directory_of(registers) as directory:
        found = await directory.names([BAKERY_ITSELF, KARI_HERSELF])
    assert found == {KARI_HERSELF: "Kari Begge", BAKERY_ITSELF: "Bakeriet AS"}
    assert registers.asked(NAMES) == [
        {
            "organizationNumbers": [BAKERY],
            "socialSecurityNumbers": [KARI],
            "parties": [{"orgNo": BAKERY}, {"ssn": KARI}],
        }
    ]


@pytest.mark.parametrize("entries", [[], [None], [{"name": None, "ssn": KARI}], [{"ssn": KARI}], [{"name": "Nobody"}]])
async def test_a_name_that_the_register_does_not_have_is_empty(entries: list[dict[str, Any] | None]) -> None:
    async with directory_of(knowing(*entries)) as directory:
        assert await directory.names([KARI_HERSELF]) == {KARI_HERSELF: ""}


async def test_a_number_is_one_of_a_person_or_of_an_organisation() -> None:
    registers = knowing({"name": "Kari Begge", "orgNo": KARI}, {"name": "Bakeriet AS", "ssn": BAKERY})
    async with directory_of(registers) as directory:
        found = await directory.names([KARI_HERSELF, BAKERY_ITSELF])
    assert found == dict.fromkeys([KARI_HERSELF, BAKERY_ITSELF], Unavailable("names"))


async def test_of_several_names_the_first_counts() -> None:
    entries = [{"name": name, "ssn": KARI} for name in ("", "Kari Begge", "Ola Epost")]
    async with directory_of(knowing(*entries)) as directory:
        assert await directory.names([KARI_HERSELF]) == {KARI_HERSELF: "Kari Begge"}


async def test_a_name_without_end_is_cut() -> None:
    async with directory_of(knowing({"name": "N" * 3_000, "ssn": KARI})) as directory:
        assert await directory.names([KARI_HERSELF]) == {KARI_HERSELF: "N" * LONGEST_NAME}


async def test_whoever_is_known_by_an_address_or_an_external_identity_has_no_name_and_is_not_asked_about() -> None:
    registers = knowing()
    recipients = [Recipient(email_address="a@example.com"), Recipient(external_identity=NORA), Recipient()]
    async with directory_of(registers) as directory:
        assert await directory.names(recipients) == dict.fromkeys(recipients, "")
    assert registers.calls == []


async def test_names_that_cannot_be_had_are_unavailable_for_those_who_have_one() -> None:
    nora = Recipient(external_identity=NORA)
    async with directory_of(Registers({NAMES: {"partyNames": None}})) as directory:
        found = await directory.names([KARI_HERSELF, nora])
    assert found == {KARI_HERSELF: Unavailable("names"), nora: ""}


async def test_register_gets_a_platform_token_that_our_key_signed_and_the_others_do_not() -> None:
    registers = knowing()
    clock = FakeClock()
    async with directory_of(registers, platform_key=pem(KEY), clock=clock) as directory:
        await directory.names([KARI_HERSELF])
    [call] = registers.calls
    claims = jwt.decode(
        call.headers["PlatformAccessToken"], KEY.public_key(), ["RS256"], {"verify_exp": False, "verify_iat": False}
    )
    now = int(clock.now().timestamp())
    assert claims == {"iss": "platform", "urn:altinn:app": "notifications", "iat": now, "exp": now + 300}


async def test_without_a_key_there_is_no_platform_token() -> None:
    registers = knowing()
    async with directory_of(registers) as directory:
        await directory.names([KARI_HERSELF])
    assert "PlatformAccessToken" not in registers.calls[0].headers


def test_a_platform_token_is_used_until_a_minute_before_it_ends() -> None:
    clock = FakeClock()
    token = PlatformToken(pem(KEY), clock)
    first = token()
    clock.forward(timedelta(minutes=4) - timedelta(seconds=1))
    assert token() == first
    clock.forward(timedelta(seconds=1))
    assert token() != first


@pytest.mark.parametrize("key", ["", "secret", pem(ec.generate_private_key(ec.SECP256R1())), pem(KEY)[:200]])
def test_a_key_that_is_none_is_refused_without_being_quoted(key: str) -> None:
    with pytest.raises(ValueError, match="no RSA key in PEM") as raised:
        PlatformToken(key, FakeClock())
    assert raised.value.__context__ is None


async def test_names_are_asked_for_a_thousand_at_a_time() -> None:
    registers = knowing()
    persons = [Recipient(national_identity_number=f"{number:011}") for number in range(800)]
    organizations = [Recipient(organization_number=f"{number:09}") for number in range(800)]
    async with directory_of(registers) as directory:
        await directory.names([*persons, *organizations])
    sizes = [len(question["parties"]) for question in registers.asked(NAMES)]
    assert sorted(sizes) == [600, 1000]


async def test_somebody_who_trades_in_their_own_name_is_answered_by_the_number_asked_for() -> None:
    async with directory_of(knowing({"name": "Kari", "ssn": KARI, "orgNo": SMITHY})) as directory:
        assert await directory.names([KARI_HERSELF, BAKERY_ITSELF]) == {KARI_HERSELF: "Kari", BAKERY_ITSELF: ""}


async def test_names_of_two_are_not_confused() -> None:
    registers = knowing({"name": "Ola", "ssn": OLA}, {"name": "Smia", "orgNo": SMITHY}, {"name": "Kari", "ssn": KARI})
    ola, smithy = Recipient(national_identity_number=OLA), Recipient(organization_number=SMITHY)
    async with directory_of(registers) as directory:
        found = await directory.names([KARI_HERSELF, ola, smithy, BAKERY_ITSELF])
    assert found == {KARI_HERSELF: "Kari", ola: "Ola", smithy: "Smia", BAKERY_ITSELF: ""}
