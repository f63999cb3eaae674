"""A real browser, and what it says of a page: Debian's Chromium, driven over its own protocol."""

import os
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Page, async_playwright

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Root may start it, as in a container, and it calls nobody.
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDE, NARROW = {"width": 1200, "height": 900}, {"width": 360, "height": 740}

_OVERFLOWING = """() => {
  const wide = document.documentElement.clientWidth;
  return document.documentElement.scrollWidth > wide ? document.documentElement.scrollWidth - wide : 0;
}"""
# What a scroll container hides can be reached; anything else that is cut off cannot.
_CUT_OFF = """() => [...document.querySelectorAll("main *")].filter(each => {
  for (let around = each; around && around !== document.body; around = around.parentElement) {
    if (["auto", "scroll"].includes(getComputedStyle(around).overflowX)) return false;
  }
  const box = each.getBoundingClientRect();
  return box.width > 0 && box.right > document.documentElement.clientWidth + 1;
}).map(each => each.tagName)"""


@dataclass(frozen=True, slots=True)
class Visit:
    """A page in a browser, with what it complained of and what it asked for."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)

    def listen(self) -> None:
        """Note everything from now on."""
        self.page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", lambda request: self.complaints.append(f"failed: {request.url}"))
        self.page.on("request", lambda request: self.requested.append(request.url))

    async def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(await self.page.evaluate(_OVERFLOWING))

    async def cut_off(self) -> list[str]:
        """Elements beyond the window's edge that no scrolling of their own brings into view."""
        return list(await self.page.evaluate(_CUT_OFF))

    async def focused(self) -> str:
        """What has the keyboard: the element's name, and its text's first line."""
        text = "() => `${document.activeElement.tagName} ${document.activeElement.textContent.trim().split('\\n')[0]}`"
        return str(await self.page.evaluate(text))


def executable() -> str:
    """Where Chromium is; fails with what to do where there is none."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM)), None)
    assert found, "no Chromium: install it (apt-get install chromium), or name its program in CHROMIUM"
    return found


@asynccontextmanager
async def visiting(size: Mapping[str, int], **context: Any) -> AsyncIterator[Visit]:
    """A new browser with one empty page; `context` are options of the browser's context, such as credentials."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable(), args=list(_FLAGS))
        try:
            window = await browser.new_context(viewport=dict(size), **context)  # type: ignore[arg-type]
            visit = Visit(await window.new_page())
            visit.listen()
            yield visit
        finally:
            await browser.close()
