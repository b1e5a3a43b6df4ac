"""A server in a thread and its page in a browser."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aisle.serving import ServingSettings, make_app

_PATIENCE = 120_000  # milliseconds


@dataclass
class Visit:
    """A page in a browser, and what went wrong on it."""

    page: Any
    address: str
    told: list[str] = field(default_factory=list)

    def calm(self) -> bool:
        """Say whether the console is silent, all requests went home, and nothing sticks out."""
        sticks = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return not self.told and sticks <= 0


@dataclass
class Server:
    """A server in a thread."""

    address: str
    browser: Any

    @contextmanager
    def visit(self, **context: Any) -> Iterator[Visit]:
        """Open the page."""
        with self.browser.new_context(**context) as made:
            made.set_default_timeout(_PATIENCE)
            visit = Visit(made.new_page(), self.address)
            visit.page.on(
                "console",
                lambda said: visit.told.append(said.text) if said.type != "log" else None,
            )
            visit.page.on("pageerror", lambda error: visit.told.append(str(error)))
            visit.page.on("request", lambda request: _note(visit, request.url))
            visit.page.goto(self.address)
            yield visit


def _note(visit: Visit, address: str) -> None:
    if not address.startswith((visit.address, "data:", "blob:")):
        visit.told.append(f"asked {address}")


@contextmanager
def serving(browser: Any, model: Any, **settings: Any) -> Iterator[Server]:
    import uvicorn

    app = make_app(model, ServingSettings(**settings))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not (server.started and app.state.service.is_ready):
        assert thread.is_alive()
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Server(f"http://127.0.0.1:{port}/", browser)
    finally:
        server.should_exit = True
        thread.join(timeout=60)


def grave(page: Any, program: Path) -> list[str]:
    """Return what axe-core finds serious or critical."""
    # The page's policy lets no script of ours in; evaluating passes it by.
    page.evaluate(program.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")
    return [
        f"{one['id']} ({one['impact']}): {one['nodes'][0]['html'][:160]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


def answered(page: Any) -> str:
    page.wait_for_selector("#answer-title")
    return str(page.inner_text("#answer-title"))


def until(page: Any, condition: str) -> None:
    """Wait for a condition; the `eval` in Playwright's own way is forbidden by the page."""
    last = time.monotonic() + _PATIENCE / 1e3
    while not page.evaluate(condition):
        assert time.monotonic() < last, condition
        page.wait_for_timeout(50)


def picture(visit: Visit, name: str, **more: Any) -> None:
    """Keep a picture for whoever wants to look, where a folder is named."""
    if folder := os.environ.get("AISLE_PICTURES"):
        visit.page.screenshot(path=str(Path(folder, f"{name}.png")), **more)
