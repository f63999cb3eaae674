"""The documentation and the metrics page in a real browser: they render and unfold, by keyboard and on a phone too."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest

from notifications.contract.openapi.document import OPERATIONS
from tests.system.browser import NARROW, WIDE, Visit, visiting
from tests.system.expect import API
from tests.system.orders import email_recipient, order
from tests.system.published import published
from tests.system.running import System

pytestmark = pytest.mark.system

SIZES = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["desktop", "phone"])
OWNER = "an-owner-with-quite-a-long-name"
OPEN_ALL = 'document.querySelectorAll("details").forEach(each => each.open = true)'


@asynccontextmanager
async def documentation(system: System, size: Mapping[str, int] = WIDE) -> AsyncIterator[Visit]:
    async with visiting(size) as visit:
        await visit.page.goto(f"{system.url}/docs")
        yield visit


@asynccontextmanager
async def metrics(system: System, size: Mapping[str, int] = WIDE) -> AsyncIterator[Visit]:
    """The metrics page, for which the browser was given the password."""
    credentials = {"username": "operator", "password": system.secret("METRICS_API_KEY")}
    async with visiting(size, http_credentials=credentials) as visit:
        await visit.page.goto(f"{system.url}{API}/metrics")
        yield visit


@SIZES
async def test_the_documentation_renders_without_a_complaint_and_asks_for_nothing_else(
    system: System, size: Mapping[str, int]
) -> None:
    async with documentation(system, size) as visit:
        await visit.page.evaluate(OPEN_ALL)
        await visit.page.wait_for_load_state("networkidle")
        assert await visit.page.title() == "Notifications – interface"
        assert visit.complaints == []
        assert visit.requested == [f"{system.url}/docs"]


async def test_every_operation_unfolds_to_its_description(system: System) -> None:
    async with documentation(system) as visit:
        told = [visit.page.locator(f"#{each.id}").get_by_role("heading", name="Answers") for each in OPERATIONS]
        assert not any([await each.is_visible() for each in told])
        for summary in await visit.page.locator("details.operation > summary").all():
            await summary.click()
        assert all([await each.is_visible() for each in told])


async def test_an_operation_unfolds_by_keyboard(system: System) -> None:
    async with documentation(system) as visit:
        summary = visit.page.locator("details.operation > summary").first
        await summary.focus()
        await visit.page.keyboard.press("Enter")
        assert await visit.page.locator("details.operation").first.get_attribute("open") is not None
        await visit.page.keyboard.press("Enter")
        assert await visit.page.locator("details.operation").first.get_attribute("open") is None


async def test_the_keyboard_reaches_every_link_and_operation_in_the_order_of_the_page(system: System) -> None:
    async with documentation(system) as visit:
        reached = []
        links = await visit.page.locator("nav a").all_text_contents()
        for _ in range(len(links) + 1 + len(OPERATIONS)):
            await visit.page.keyboard.press("Tab")
            reached.append(await visit.focused())
        assert reached[: len(links) + 1] == [*(f"A {each}" for each in links), "A /openapi.json"]
        assert {each.partition(" ")[0] for each in reached[len(links) + 1 :]} == {"SUMMARY"}


async def test_a_link_to_an_operation_opens_it(system: System) -> None:
    async with documentation(system) as visit:
        await visit.page.goto(f"{system.url}/docs#get_feed")
        assert await visit.page.locator("#get_feed").is_visible()


@pytest.mark.parametrize("unfolded", [False, True])
async def test_the_documentation_needs_no_sideways_scrolling_on_a_phone(system: System, unfolded: bool) -> None:
    async with documentation(system, NARROW) as visit:
        if unfolded:
            await visit.page.evaluate(OPEN_ALL)
        assert await visit.overflow() == 0
        assert await visit.cut_off() == []


@SIZES
async def test_the_metrics_page_shows_a_month_without_a_complaint(system: System, size: Mapping[str, int]) -> None:
    placed = (await system.order(order(email_recipient()), OWNER))["notification"]["shipmentId"]
    await system.until_final([placed], OWNER)
    await published(system, [placed], OWNER)
    async with metrics(system, size) as visit:
        await visit.page.get_by_role("button", name="Show").click()
        await visit.page.get_by_role("row", name=OWNER).wait_for()
        assert visit.complaints == []
        assert set(visit.requested) == {f"{system.url}{API}/metrics"}
        assert await visit.overflow() == 0
        assert await visit.cut_off() == []


async def test_the_metrics_form_is_filled_in_by_keyboard(system: System) -> None:
    async with metrics(system) as visit:
        month, year = visit.page.get_by_label("Month"), visit.page.get_by_label("Year")
        await visit.page.keyboard.press("Tab")
        assert await month.evaluate("each => each === document.activeElement")
        await visit.page.keyboard.type("Mar")
        await visit.page.keyboard.press("Tab")
        assert await year.evaluate("each => each === document.activeElement")
        await visit.page.keyboard.press("Control+A")
        await visit.page.keyboard.type("2025")
        await visit.page.keyboard.press("Enter")
        await visit.page.get_by_text("No shipment ended in March 2025 (UTC).").wait_for()


async def test_the_metrics_page_stays_closed_without_the_password(system: System) -> None:
    async with visiting(WIDE, http_credentials={"username": "operator", "password": "wrong"}) as visit:
        answer = await visit.page.goto(f"{system.url}{API}/metrics")
        assert answer
        assert answer.status == 401
