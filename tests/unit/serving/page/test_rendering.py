"""The page's policy, and styles that it does not let through."""

from __future__ import annotations

import base64
import hashlib
import re

from aisle.serving.page import rendering


def test_no_template_leaves_a_style_attribute_or_a_script() -> None:
    body = rendering.fill("key.html", entered=True)
    page = rendering.fill("page.html", body=body, root="./", version="1", style="")
    assert not re.search(r"\sstyle=", page)
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)
    assert not re.search(r"\son\w+=", page)


def test_rules_bring_styles_back_once_each() -> None:
    html = '<i data-style="width:3%"></i><b data-style="width:3%"></b><u data-style="left:1px"></u>'
    assert rendering.rules(html) == (
        '[data-style="width:3%"]{width:3%}[data-style="left:1px"]{left:1px}'
    )
    assert rendering.rules('<i data-style="</style><script>"></i>') == ""


def test_the_policy_names_the_one_style_sheet_of_the_page() -> None:
    style = "[data-style]{width:3%}"
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'self' 'sha256-{digest}';" in rendering.policy(style)
    plain = rendering.policy()
    assert "unsafe" not in plain
    assert "sha256" not in plain
    assert plain.startswith("default-src 'none'; script-src 'self'; style-src 'self';")


def test_style_and_program_ask_nothing_of_other_hosts() -> None:
    for text in (rendering.style_sheet(), rendering.program()):
        assert "@import" not in text
        assert "//cdn" not in text
        assert not re.search(r"https?://", text)
    assert "localStorage" not in rendering.program()
    assert len(rendering.version()) == 12


def test_texts_are_escaped() -> None:
    html = rendering.fill("unexplained.html", error='<img src=x onerror=alert(1)> style="a"')
    assert "<img" not in html
    assert 'data-style="a"' not in html
