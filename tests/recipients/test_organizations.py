"""Organisations: official addresses, users who may be told, and the decisions about them."""

from typing import Any

import pytest

from notifications.domain.contacts import ContactPoints, Unavailable, UserContact
from tests.recipients.registers import (
    BAKERY,
    DECISIONS,
    NOBODY,
    ORGANIZATIONS,
    SMITHY,
    TAX,
    UNITS,
    Registers,
    directory_of,
    official,
    organization,
    pairs,
    permitting,
    result,
    unit,
)

FIRST, SECOND, THIRD = "+4799999901", "+4799999902", "+4799999903"
LEVEL = "urn:altinn:minimum-authenticationlevel"


def bakery(*users: tuple[int, str | None, str | None]) -> Registers:
    """Registers that know one organisation, with one official email, and its users, who are all permitted."""
    registers = Registers({DECISIONS: permitting()})
    registers.answering(ORGANIZATIONS, official(BAKERY, ["post@example.com"], []))
    registers.answering(UNITS, unit(BAKERY, 51, *users))
    return registers


async def told(registers: Registers, **members: Any) -> ContactPoints | Unavailable:
    inquiry = organization(resource=TAX, **members)
    async with directory_of(registers) as directory:
        return (await directory.contact_points([inquiry]))[inquiry]


async def users_told(registers: Registers, **members: Any) -> tuple[UserContact, ...]:
    points = await told(registers, **members)
    assert isinstance(points, ContactPoints)
    return points.users


async def test_an_organisation_is_reached_by_its_official_addresses_each_once() -> None:
    registers = Registers()
    emails = ["post@example.com", None, " ", "Post@Example.com", "other@example.com", "no address"]
    registers.answering(ORGANIZATIONS, official(BAKERY, emails, ["99999901", None, "+4722222222", "00479999 9901"]))
    async with directory_of(registers) as directory:
        found = await directory.contact_points([organization()])
    assert found == {
        organization(): ContactPoints(emails=("post@example.com", "other@example.com", "no address"), mobiles=(FIRST,))
    }
    assert registers.asked(ORGANIZATIONS) == [{"organizationNumbers": [BAKERY]}]


async def test_without_a_resource_nobody_asks_for_users() -> None:
    registers = bakery((1, "a@example.com", None))
    async with directory_of(registers) as directory:
        await directory.contact_points([organization()])
    assert [call.path for call in registers.calls] == [ORGANIZATIONS]


async def test_an_organisation_that_is_left_out_or_has_null_lists_has_no_addresses() -> None:
    registers = Registers()
    empty = {"organizationNumber": BAKERY, "partyId": None, "emailList": None, "mobileNumberList": None}
    registers.answering(ORGANIZATIONS, empty)
    async with directory_of(registers) as directory:
        found = await directory.contact_points([organization(), organization(SMITHY)])
    assert found == dict.fromkeys([organization(), organization(SMITHY)], ContactPoints())


async def test_what_several_entries_tell_of_an_organisation_is_put_together() -> None:
    registers = bakery()
    registers.answering(
        ORGANIZATIONS, official(BAKERY, ["a@example.com"], []), official(BAKERY, ["A@example.com"], [FIRST])
    )
    registers.answering(
        UNITS, unit(BAKERY, 51, (1, "b@example.com", None)), unit(BAKERY, 51, (2, "c@example.com", None))
    )
    assert await told(registers) == ContactPoints(
        emails=("a@example.com",),
        mobiles=(FIRST,),
        users=(UserContact(email="b@example.com"), UserContact(email="c@example.com")),
    )


async def test_permitted_users_are_told_beside_the_official_addresses() -> None:
    registers = bakery((1, "a@example.com", FIRST), (2, "b@example.com", SECOND))
    registers.answers[DECISIONS] = permitting(lambda _, user: user == "2")
    assert await told(registers) == ContactPoints(
        emails=("post@example.com",), users=(UserContact(email="b@example.com", mobile=SECOND),)
    )
    assert registers.asked(UNITS) == [{"organizationNumbers": [BAKERY], "resourceId": TAX}]


async def test_an_organisation_may_have_users_alone() -> None:
    registers = bakery((1, None, "99999901"))
    registers.answers[ORGANIZATIONS] = NOBODY
    assert await told(registers) == ContactPoints(users=(UserContact(mobile=FIRST),))


async def test_a_forecast_takes_users_without_asking_whether_they_may_know() -> None:
    registers = bakery((1, "a@example.com", None))
    assert await users_told(registers, forecast=True) == (UserContact(email="a@example.com"),)
    assert registers.asked(DECISIONS) == []


async def test_a_user_who_could_not_be_decided_on_is_only_forecast() -> None:
    registers = bakery((1, "a@example.com", None))
    registers.answering(UNITS, {**unit(BAKERY, 51, (1, "a@example.com", None)), "partyId": None})
    assert await users_told(registers) == ()
    assert await users_told(registers, forecast=True) == (UserContact(email="a@example.com"),)


async def test_an_invalid_mobile_of_a_user_is_blanked_and_a_user_without_addresses_is_nobody() -> None:
    registers = bakery((1, "a@example.com", "12345"), (2, " ", "+4722222222"), (3, None, None))
    assert await users_told(registers) == (UserContact(email="a@example.com"),)
    assert pairs(registers.asked(DECISIONS)[0]) == [("51", "1")]


async def test_users_lose_what_the_organisation_or_an_earlier_permitted_user_has() -> None:
    registers = bakery(
        (1, "refused@example.com", FIRST),
        (2, "POST@example.com", FIRST),
        (3, "Refused@example.com", "99999901"),
        (4, "refused@example.com", SECOND),
        (5, "post@example.com", "004799999902"),
        (6, "post@example.com", THIRD),
    )
    registers.answers[DECISIONS] = permitting(lambda _, user: user != "1")
    assert await users_told(registers) == (
        UserContact(mobile=FIRST),
        UserContact(email="Refused@example.com"),
        UserContact(mobile=SECOND),
        UserContact(mobile=THIRD),
    )


async def test_null_users_are_passed_over() -> None:
    registers = bakery()
    registers.answers[UNITS] = {
        "contactPointsList": [
            None,
            {"organizationNumber": BAKERY, "partyId": 51, "userContactPoints": None},
            {
                "organizationNumber": BAKERY,
                "partyId": 51,
                "userContactPoints": [None, {"userId": 7, "email": "a@b.no"}],
            },
        ]
    }
    assert await users_told(registers) == (UserContact(email="a@b.no"),)


async def test_the_decision_is_asked_for_as_the_decision_point_wants_it() -> None:
    registers = bakery((20020164, "a@example.com", None))
    await told(registers, resource_action="sign")
    string = "http://www.w3.org/2001/XMLSchema#string"

    def attribute(name: str, value: str, *, shown: bool, data_type: str = string) -> dict[str, Any]:
        told = {"attributeId": name, "value": value, "issuer": "Altinn", "dataType": data_type}
        return {**told, "includeInResult": shown}

    action = attribute("urn:oasis:names:tc:xacml:1.0:action:action-id", "sign", shown=False, data_type="string")
    assert registers.asked(DECISIONS) == [
        {
            "request": {
                "returnPolicyIdList": False,
                "combinedDecision": False,
                "accessSubject": [
                    {
                        "id": "subject20020164",
                        "attribute": [attribute("urn:altinn:userid", "20020164", shown=True)],
                    }
                ],
                "action": [{"id": "action", "attribute": [action]}],
                "resource": [
                    {
                        "id": "resource51",
                        "attribute": [
                            attribute("urn:altinn:resource", TAX, shown=False),
                            attribute("urn:altinn:partyid", "51", shown=True),
                        ],
                    }
                ],
                "multiRequests": {"requestReference": [{"referenceId": ["subject20020164", "action", "resource51"]}]},
            }
        }
    ]


@pytest.mark.parametrize(
    ("resource", "attributes"),
    [
        ("app_ttd_tax", {"urn:altinn:org": "ttd", "urn:altinn:app": "tax"}),
        ("app_ttd_my_long_app", {"urn:altinn:org": "ttd", "urn:altinn:app": "my_long_app"}),
        ("app_ttd", {"urn:altinn:resource": "app_ttd"}),
        ("app_ttd_", {"urn:altinn:resource": "app_ttd_"}),
        ("app__tax", {"urn:altinn:resource": "app__tax"}),
        ("application", {"urn:altinn:resource": "application"}),
        ("app", {"urn:altinn:resource": "app"}),
    ],
)
async def test_an_app_is_named_by_its_owner_and_all_that_follows(resource: str, attributes: dict[str, str]) -> None:
    registers = bakery((1, "a@example.com", None))
    async with directory_of(registers) as directory:
        await directory.contact_points([organization(resource=resource)])
    [question] = registers.asked(DECISIONS)
    [asked] = question["request"]["resource"]
    assert {each["attributeId"]: each["value"] for each in asked["attribute"][:-1]} == attributes
    assert registers.asked(UNITS)[0]["resourceId"] == resource


@pytest.mark.parametrize("decision", ["Deny", "NotApplicable", "Indeterminate", "permit", "", None])
async def test_only_a_permit_permits(decision: str | None) -> None:
    registers = bakery((1, "a@example.com", None), (2, "b@example.com", None))
    registers.answers[DECISIONS] = {"response": [result(51, 1, decision), result("51", "2")]}  # type: ignore[arg-type]
    assert await users_told(registers) == (UserContact(email="b@example.com"),)


@pytest.mark.parametrize("ids", [(None, None), ("", "")])
async def test_a_decision_about_nobody_is_nobodys(ids: tuple[object, object]) -> None:
    registers = bakery((1, "a@example.com", None))
    registers.answers[DECISIONS] = {"response": [None, {"decision": "Permit"}, result(*ids)]}
    assert await users_told(registers) == ()


@pytest.mark.parametrize("ids", [(51, 3), (52, 1), (1, 51)])
async def test_a_decision_about_another_party_or_user_decides_nothing(ids: tuple[object, object]) -> None:
    registers = bakery((1, "a@example.com", None))
    registers.answers[DECISIONS] = {"response": [result(*ids)]}
    assert await told(registers) == Unavailable("authorization")


@pytest.mark.parametrize("results", [[result(51, 1)], [result(51, 1), None], [result(51, 1, "Deny")]])
async def test_fewer_decisions_than_were_asked_for_are_no_answer(results: list[Any]) -> None:
    registers = bakery((1, "a@example.com", None), (2, "b@example.com", None))
    registers.answers[DECISIONS] = {"response": results}
    assert await told(registers) == Unavailable("authorization")


async def test_one_result_about_nobody_that_is_no_permit_refuses_all() -> None:
    registers = bakery((1, "a@example.com", None), (2, "b@example.com", None))
    registers.answers[DECISIONS] = {"response": [{"decision": "Indeterminate"}]}
    assert await users_told(registers) == ()


async def test_one_permit_about_nobody_is_no_answer_for_several() -> None:
    registers = bakery((1, "a@example.com", None), (2, "b@example.com", None))
    registers.answers[DECISIONS] = {"response": [{"decision": "Permit"}]}
    assert await told(registers) == Unavailable("authorization")


async def test_a_user_whose_decision_does_not_say_whom_it_is_about_is_not_told() -> None:
    registers = bakery((1, "a@example.com", None), (2, "b@example.com", None))
    registers.answers[DECISIONS] = {"response": [result(51, 2), {"decision": "NotApplicable"}]}
    assert await users_told(registers) == (UserContact(email="b@example.com"),)


async def test_ids_count_only_in_the_category_where_they_belong() -> None:
    registers = bakery((1, "a@example.com", None))
    swapped = result(1, 51)
    for category, attribute in zip(swapped["category"], ("urn:altinn:partyid", "urn:altinn:userid"), strict=True):
        category["attribute"][0]["attributeId"] = attribute
    registers.answers[DECISIONS] = {"response": [swapped]}
    assert await users_told(registers) == ()


async def test_a_user_of_two_organisations_is_decided_on_for_each() -> None:
    registers = bakery()
    registers.answering(
        UNITS, unit(BAKERY, 51, (1, "a@example.com", None)), unit(SMITHY, 52, (1, "b@example.com", None))
    )
    registers.answers[DECISIONS] = permitting(lambda party, _: party == "52")
    inquiries = [organization(resource=TAX), organization(SMITHY, TAX)]
    async with directory_of(registers) as directory:
        found = await directory.contact_points(inquiries)
    assert [points.users for points in found.values() if isinstance(points, ContactPoints)] == [
        (),
        (UserContact(email="b@example.com"),),
    ]
    [question] = registers.asked(DECISIONS)
    assert len(question["request"]["accessSubject"]) == 1
    assert len(question["request"]["resource"]) == 2


async def test_of_several_results_about_a_user_all_must_permit() -> None:
    registers = bakery((1, "a@example.com", None), (2, "b@example.com", None))
    registers.answers[DECISIONS] = {
        "response": [result(51, 1), result(51, 1, "Deny"), result(51, 2, "Deny"), result(51, 2)]
    }
    assert await users_told(registers) == ()


def obligation(name: str | None, *categories: str | None) -> dict[str, Any]:
    return {"id": name, "attributeAssignment": [{"category": each, "value": "3"} for each in categories]}


@pytest.mark.parametrize(
    ("obligations", "permitted"),
    [
        (None, True),
        ([], True),
        ([obligation("urn:altinn:obligation:authenticationLevel1", LEVEL)], True),
        ([obligation(None, LEVEL, f"{LEVEL}-org")], True),
        ([{"id": "urn:altinn:obligation:authenticationLevel1"}], True),
        ([{"id": "urn:altinn:obligation:authenticationLevel1", "attributeAssignment": None}], True),
        ([obligation("urn:altinn:obligation:authenticationLevel1", "urn:example:more")], False),
        ([obligation("urn:altinn:obligation:authenticationLevel1", LEVEL, "urn:example:more")], False),
        ([obligation("urn:example:obligation:other")], False),
        ([obligation(None)], False),
        ([{"attributeAssignment": [None]}], False),
        ([None], False),
        ([obligation("urn:altinn:obligation:authenticationLevel1", LEVEL), obligation("urn:example:other")], False),
    ],
)
async def test_a_permit_counts_when_its_obligations_are_levels_of_authentication(
    obligations: list[Any] | None, permitted: bool
) -> None:
    registers = bakery((1, "a@example.com", None))
    registers.answers[DECISIONS] = {"response": [result(51, 1, obligations=obligations)]}
    assert await users_told(registers) == ((UserContact(email="a@example.com"),) if permitted else ())


@pytest.mark.parametrize("answer", [{"response": []}, {"response": None}, {}])
async def test_no_decision_at_all_is_no_answer(answer: dict[str, Any]) -> None:
    registers = bakery((1, "a@example.com", None))
    registers.answers[DECISIONS] = answer
    assert await told(registers) == Unavailable("authorization")


async def test_five_thousand_users_are_decided_on_five_hundred_at_a_time() -> None:
    registers = bakery(*((number, f"user{number}@example.com", None) for number in range(5000)))
    registers.answers[DECISIONS] = permitting(lambda _, user: int(user) % 2 == 0)
    assert len(await users_told(registers)) == 2500
    asked = [pairs(question) for question in registers.asked(DECISIONS)]
    assert [len(each) for each in asked] == [500] * 10
    assert len({pair for each in asked for pair in each}) == 5000


async def test_decisions_about_different_resources_and_actions_are_asked_for_apart() -> None:
    registers = bakery((1, "a@example.com", None))
    inquiries = [
        organization(resource="te_one"),
        organization(resource="te_two"),
        organization(resource="te_two", resource_action="write"),
    ]
    async with directory_of(registers) as directory:
        await directory.contact_points(inquiries)
    asked = [
        (
            question["request"]["resource"][0]["attribute"][0]["value"],
            question["request"]["action"][0]["attribute"][0]["value"],
        )
        for question in registers.asked(DECISIONS)
    ]
    assert sorted(asked) == [("te_one", "read"), ("te_two", "read"), ("te_two", "write")]
    assert sorted(question["resourceId"] for question in registers.asked(UNITS)) == ["te_one", "te_two"]


@pytest.mark.parametrize("path", [ORGANIZATIONS, UNITS, DECISIONS])
async def test_which_register_could_not_be_asked_is_told(path: str) -> None:
    registers = bakery((1, "a@example.com", None))
    registers.answers[path] = "garbage"
    missing = {ORGANIZATIONS: "organizations", UNITS: "units", DECISIONS: "authorization"}[path]
    assert await told(registers) == Unavailable(missing)


async def test_organisations_without_a_resource_do_not_need_the_registers_of_users() -> None:
    registers = bakery()
    registers.answers |= {UNITS: "garbage", DECISIONS: "garbage"}
    async with directory_of(registers) as directory:
        found = await directory.contact_points([organization(), organization(resource=TAX)])
    assert found[organization()] == ContactPoints(emails=("post@example.com",))
    assert found[organization(resource=TAX)] == Unavailable("units")


async def test_a_failed_decision_is_only_about_those_it_was_about() -> None:
    registers = bakery()
    registers.answering(
        UNITS,
        unit(BAKERY, 51, *((number, f"a{number}@example.com", None) for number in range(500))),
        unit(SMITHY, 52, (1, "b@example.com", None)),
    )

    def decide(question: dict[str, Any]) -> Any:
        return permitting()(question) if ("52", "1") in pairs(question) else "garbage"

    registers.answers[DECISIONS] = decide
    inquiries = [organization(resource=TAX), organization(SMITHY, TAX)]
    async with directory_of(registers) as directory:
        found = await directory.contact_points(inquiries)
    assert found[inquiries[0]] == Unavailable("authorization")
    assert found[inquiries[1]] == ContactPoints(users=(UserContact(email="b@example.com"),))
