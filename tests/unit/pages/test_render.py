from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import jinja2
import pytest

from aisle.pages.render import _environment, render

TEMPLATE = """{% extends "base.html" %}
{% block title %}{{ target }}{% endblock %}
{% block content %}<h1>{{ target }}</h1>{% endblock %}
"""


@pytest.fixture(autouse=True)
def template(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = _environment()
    own = jinja2.DictLoader({"tested.html": TEMPLATE})
    monkeypatch.setattr(environment, "loader", jinja2.ChoiceLoader([own, environment.loader]))


def page(*scripts: str) -> str:
    return render("tested.html", scripts=scripts, target="<b>\ud800")


def test_a_page_is_whole_and_can_be_written() -> None:
    html = page()
    assert html.startswith("<!doctype html>")
    assert '<html lang="en">' in html
    assert "&lt;b&gt;\\ud800" in html
    assert html.encode("utf-8")
    assert "{{" not in html
    assert "{%" not in html


def test_scripts_are_carried_and_allowed_by_their_hash() -> None:
    html = page('console.log("</script><!-- ");\r\n')
    scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert len(scripts) == 2
    assert scripts[1] == 'console.log("\\x3c/script>\\x3c!-- ");\n'
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy is not None
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"sha256-{digest}" in policy[1].replace("&#39;", "'").replace("&#43;", "+")
    assert "default-src &#39;none&#39;" in policy[1]


def test_what_a_template_misses_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        render("tested.html")


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_stand_out_from_what_is_behind_them(theme: str) -> None:
    """WCAG 2.2 asks for 4.5 to 1 between text and its background, at level AA."""
    style = Path(render.__code__.co_filename).parent / "templates" / "base.css"
    block = style.read_text("utf-8").split(f"{{% set {theme} %}}")[1].split("{% endset %}")[0]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
    pairs = [
        *(
            (words, behind)
            for words in ("ink", "muted")
            for behind in ("paper", "surface", "sunken")
        ),
        *(("ink", behind) for behind in colours if behind.startswith(("right-", "wrong-"))),
        *(("ink", behind) for behind in ("accent-soft", "warn-soft", "bad-soft")),
        ("muted", "bad-soft"),
        ("accent", "paper"),
        ("accent", "accent-soft"),
        ("warn", "warn-soft"),
        ("warn", "paper"),
        ("bad", "bad-soft"),
        ("bad", "surface"),
        ("warn", "surface"),
        ("accent", "surface"),
    ]
    poor = [pair for pair in pairs if contrast(colours[pair[0]], colours[pair[1]]) < 4.5]
    assert poor == []
