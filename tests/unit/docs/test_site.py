"""The documentation builds in strict mode, into a site that asks nothing of other machines."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path

import pytest
from typer.main import get_command

from aisle.cli.main import app
from aisle.serving import ServingSettings

ROOT = Path(__file__).parents[3]
ASKS = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}
FOLLOWED_BY_NOBODY = ("canonical", "prev", "next", "alternate")


class Asked(HTMLParser):
    """What a page asks for while it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        address = named.get(ASKS.get(tag, ""))
        if address and named.get("rel") not in FOLLOWED_BY_NOBODY:
            self.addresses.append(address)


def asked_by(page: str) -> list[str]:
    reader = Asked()
    reader.feed(page)
    return reader.addresses


def elsewhere(addresses: list[str]) -> list[str]:
    return [a for a in addresses if re.match(r"(?:[a-z][a-z0-9+.-]*:)?//", a, re.IGNORECASE)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` builds it."""
    missing = [name for name in ("mkdocs", "material", "mkdocstrings") if find_spec(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed: pip install 'aisle[docs]'")
    folder = tmp_path_factory.mktemp("site")
    ended = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, str]:
    return {
        path.relative_to(site).as_posix(): path.read_text(encoding="utf-8")
        for path in site.rglob("*.html")
    }


def test_the_check_itself_sees_what_comes_from_elsewhere() -> None:
    page = '<script src="https://cdn.test/a.js"></script><link rel="stylesheet" href="//f.test/b">'
    assert len(elsewhere(asked_by(page))) == 2
    assert not elsewhere(asked_by('<script src="../a.js"></script><a href="https://x.test">x</a>'))


def test_no_page_asks_another_machine(pages: dict[str, str]) -> None:
    assert len(pages) >= 15
    assert not {name: found for name, page in pages.items() if (found := elsewhere(asked_by(page)))}
    assert not [name for name, page in pages.items() if "fonts.googleapis" in page]


def test_no_style_asks_another_machine(site: Path) -> None:
    styles = list(site.rglob("*.css"))
    assert styles
    for style in styles:
        text = style.read_text(encoding="utf-8")
        assert not re.search(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//", text), style


def test_no_diagram_makes_the_theme_fetch_a_script(pages: dict[str, str]) -> None:
    assert not [name for name, page in pages.items() if 'class="mermaid"' in page]


def test_every_command_is_in_the_reference(pages: dict[str, str]) -> None:
    page = pages["reference/commands.html"]
    for name, command in get_command(app).commands.items():
        assert f'id="aisle-{name}"' in page
        for option in command.params:
            assert option.opts[0] in page or option.param_type_name == "argument"
    assert "<!-- commands -->" not in page


def test_every_setting_of_the_server_is_in_the_reference(pages: dict[str, str]) -> None:
    page = pages["reference/serving.html"]
    for name in ServingSettings.model_fields:
        assert f"<code>{name}</code>" in page
    assert "<!-- settings -->" not in page


@pytest.mark.parametrize("name", ["Catalog", "ProductClassifier", "ProductRegressor", "evaluate"])
def test_what_docstrings_say_is_in_the_reference(pages: dict[str, str], name: str) -> None:
    assert f'id="aisle.{name}"' in pages["reference/python.html"]


def test_nothing_of_how_the_site_is_made_is_published(site: Path) -> None:
    assert not list(site.rglob("*.py*"))
