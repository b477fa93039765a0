"""A real browser: Debian's Chromium, driven by Playwright, with nothing of it reaching the network."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--disable-dev-shm-usage",
)  # fmt: skip


@contextmanager
def chromium() -> Iterator[Any]:
    """Give a browser, or skip where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright drives the browser")
    binary = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if binary is None:
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=binary, args=list(FLAGS))
        yield browser
        browser.close()


class Page:
    """The coder's page in a tab, in the words of its user."""

    def __init__(self, tab: Any, address: str) -> None:
        """Open it and wait until its lists are there."""
        self.tab, self.address = tab, address
        self.errors: list[str] = []
        self.requests: list[Any] = []
        tab.on("pageerror", lambda error: self.errors.append(str(error)))
        tab.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        tab.on("request", lambda request: self.requests.append(request))
        self.open()

    def open(self) -> None:
        """Load the page anew."""
        self.tab.goto(self.address)
        self.tab.wait_for_selector("#sample option:nth-child(2)", state="attached")
        self.tab.wait_for_selector("#questions input:checked", state="attached")

    def paste(self, text: str, *, expect: str | None = None) -> None:
        """Paste into the note's field, as Ctrl-V does, and wait for the answer."""
        self.tab.click("#show-edit")
        self.tab.fill("#text", text)
        self.settle(expect)

    def settle(self, code: str | None = None) -> None:
        """Wait until the answer stands."""
        self.tab.wait_for_function("() => !document.body.classList.contains('asking')")
        self.tab.wait_for_selector("#card #code")
        if code:
            self.tab.wait_for_function("code => document.querySelector('#code')?.textContent === code", arg=code)

    def code(self) -> str:
        """The code on the card."""
        return self.tab.inner_text("#code")

    def status(self) -> str:
        """Its status in words."""
        return self.tab.inner_text("#status")

    def changed(self, words: str) -> str:
        """Wait for a sentence about what changed that holds these words, and give it."""
        self.tab.wait_for_function("words => document.querySelector('#changed').textContent.includes(words)", arg=words)
        return self.tab.inner_text("#changed")

    def marked(self) -> None:
        """Show the note with its marks."""
        self.tab.click("#show-marked")
