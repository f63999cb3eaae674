"""Settings of the providers: required where a provider is used, and never such that a secret travels in the open."""

import pytest

from notifications.settings import read_settings
from tests.test_settings import GOOD, assert_refused_alone, refusal

GATEWAY = ("SMS_GATEWAY_URL", "SMS_GATEWAY_USERNAME", "SMS_GATEWAY_PASSWORD")
MAIL_SERVER = {"EMAIL_PROVIDER": "smtp", "SMTP_HOST": "mail.example.com"}


def without(*names: str, **given: str) -> dict[str, str]:
    return {name: value for name, value in GOOD.items() if name not in names} | given


def test_email_goes_through_communication_services_and_sms_through_the_gateway_where_nothing_is_said() -> None:
    settings = read_settings(dict(GOOD))
    assert settings.email_provider == "acs"
    assert [(each.prefix, dict(each.weights)) for each in settings.sms_routes] == [("", {"pswin": 1})]
    assert (settings.email_rate, settings.sms_rate) == (0, 0)


def test_a_mail_server_and_the_gateway_need_no_communication_services() -> None:
    settings = read_settings(without("ACS_ENDPOINT", "ACS_ACCESS_KEY", **MAIL_SERVER))
    assert (settings.smtp_host, settings.smtp_port, settings.smtp_security) == ("mail.example.com", 587, "starttls")
    assert settings.acs_endpoint is None


def test_communication_services_for_both_channels_need_no_gateway() -> None:
    settings = read_settings(without(*GATEWAY, SMS_ROUTES="*=acs"))
    assert settings.sms_gateway_url is None


@pytest.mark.parametrize("routes", ["*=pswin", "*=acs,pswin:0", "+47=pswin;*=acs"])
@pytest.mark.parametrize("name", GATEWAY)
def test_the_gateway_is_required_where_any_route_may_lead_to_it(name: str, routes: str) -> None:
    told = refusal(**{name: None, "SMS_ROUTES": routes})
    assert told.splitlines()[1:] == [f"  {name}: is required; local.settings.sample.json shows an example"]


@pytest.mark.parametrize("changes", [{}, {"SMS_ROUTES": "*=pswin,acs:0", **MAIL_SERVER}])
def test_communication_services_are_required_where_either_channel_may_use_them(changes: dict[str, str]) -> None:
    assert "ACS_ENDPOINT: is required" in refusal(ACS_ENDPOINT=None, **changes)


def test_the_mail_server_is_required_where_it_sends_email() -> None:
    assert "SMTP_HOST: is required" in refusal(EMAIL_PROVIDER="smtp")


@pytest.mark.parametrize("given", [{"SMTP_USERNAME": "us"}, {"SMTP_PASSWORD": "secret-mail"}])
def test_half_an_account_at_the_mail_server_is_refused(given: dict[str, str]) -> None:
    told = refusal(**MAIL_SERVER, **given)
    assert told.splitlines()[1:] == ["  SMTP_PASSWORD: give SMTP_USERNAME and SMTP_PASSWORD, or neither"]


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465)])
def test_an_account_at_the_mail_server_is_given_to_one_that_encrypts(security: str, port: int) -> None:
    account = {"SMTP_USERNAME": "us", "SMTP_PASSWORD": "secret-mail"}
    given = GOOD | MAIL_SERVER | account | {"SMTP_SECURITY": security, "SMTP_PORT": str(port)}
    settings = read_settings(given)
    assert (settings.smtp_username, settings.smtp_security, settings.smtp_port) == ("us", security, port)
    assert settings.smtp_password is not None
    assert "secret-" not in repr(settings)


def test_no_account_is_ever_shown_to_a_mail_server_without_encryption() -> None:
    account = {"SMTP_USERNAME": "us", "SMTP_PASSWORD": "secret-mail", "SMTP_SECURITY": "none"}
    told = refusal(**MAIL_SERVER, **account)
    assert told.splitlines()[1:] == ["  SMTP_PASSWORD: give no account to a server without encryption"]
    assert read_settings(GOOD | MAIL_SERVER | {"SMTP_SECURITY": "none"}).smtp_username is None


@pytest.mark.parametrize(
    ("routes", "right"),
    [
        ("pswin", "begin each route with a country prefix or *"),
        ("47=pswin", "begin each route with a country prefix or *"),
        ("*=gateway", "the providers are pswin, acs"),
        ("*=pswin:much", "a provider's weight is a whole number"),
        ("*=pswin:-1", "a provider's weight is a whole number"),
        ("*=pswin:0", "a provider with a weight above 0"),
        ("*=", "a provider with a weight above 0"),
        ("+47=pswin", "a route for all other numbers too"),
        ("*=pswin;*=acs", "give each prefix once"),
    ],
)
def test_routes_that_lead_nowhere_are_refused_with_what_is_right(routes: str, right: str) -> None:
    assert_refused_alone("SMS_ROUTES", routes, right)


def test_routes_are_read_with_their_weights() -> None:
    routes = read_settings(GOOD | {"SMS_ROUTES": " +47 = pswin:9, acs:1 ; * = acs "}).sms_routes
    assert {each.prefix: dict(each.weights) for each in routes} == {"+47": {"pswin": 9, "acs": 1}, "": {"acs": 1}}


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("EMAIL_PROVIDER", "post", "'acs' or 'smtp'"),
        ("SMTP_PORT", "0", "greater than or equal to 1"),
        ("SMTP_PORT", "65536", "less than or equal to 65535"),
        ("SMTP_SECURITY", "perhaps", "'tls', 'starttls' or 'none'"),
        ("ACS_SMS_SENDER", "Altinn Notifications", "at most 11 letters"),
        ("EMAIL_CALLS_PER_SECOND", "-1", "greater than or equal to 0"),
        ("SMS_CALLS_PER_SECOND", "fast", "number"),
        ("EMAIL_CONCURRENT_CALLS", "0", "greater than or equal to 1"),
        ("ALLOWED_SENDERS", "TTD", "ttd="),
        ("SMS_SENDER_COUNTRIES", "+358", "warn or the number"),
        ("SMS_SENDER_COUNTRIES", "+358=TTD", "warn or the number"),
        ("SMS_SENDER_COUNTRIES", "358=warn", "a plus sign and one to four digits"),
        ("SMS_SENDER_COUNTRIES", "+35840=warn", "a plus sign and one to four digits"),
        ("SMS_SENDER_COUNTRIES", "+34=warn;+34=2210", "each country prefix once"),
        ("SMS_SENDER_COUNTRIES", ";", "each country prefix once"),
    ],
)
def test_a_malformed_setting_of_a_provider_is_named_with_what_is_right(name: str, value: str, right: str) -> None:
    assert_refused_alone(name, value, right)


@pytest.mark.parametrize(
    ("name", "attribute"), [("EMAIL_ALLOW_LIST", "email_allow_list"), ("SMS_ALLOW_LIST", "sms_allow_list")]
)
def test_an_allow_list_is_empty_unless_it_is_given(name: str, attribute: str) -> None:
    assert getattr(read_settings(dict(GOOD)), attribute) == frozenset()
    listed = read_settings(GOOD | {name: "a@example.com, @example.com,"})
    assert getattr(listed, attribute) == {"a@example.com", "@example.com"}


def test_countries_that_fail_names_are_three_unless_they_are_given() -> None:
    assert dict(read_settings(dict(GOOD)).sender_countries.prefixes) == {"+34": None, "+358": None, "+66": None}
    given = read_settings(GOOD | {"SMS_SENDER_COUNTRIES": " +358 = warn ; +66 = +47 99 99 99 99;"}).sender_countries
    assert dict(given.prefixes) == {"+358": None, "+66": "+4799999999"}


@pytest.mark.parametrize(
    ("routes", "gateways", "acs", "default"),
    [
        ("*=pswin", "Etaten", "+4799999999", "Etaten"),
        ("*=acs", "Etaten", "+4799999999", "+4799999999"),
        ("+47=pswin;*=acs", "+4799999999", "Etaten", "Etaten"),
    ],
)
def test_callers_are_warned_of_the_default_sender_that_is_used_and_is_a_name(
    routes: str, gateways: str, acs: str, default: str
) -> None:
    given = {"SMS_ROUTES": routes, "DEFAULT_SMS_SENDER": gateways, "ACS_SMS_SENDER": acs}
    used = read_settings(GOOD | given | {"ACS_ENDPOINT": "https://acs.example.com"})
    assert used.sender_countries.default == default
