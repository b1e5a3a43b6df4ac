"""The references of the command line and of the server, made from what they describe."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html import escape
from typing import Any

from typer.main import get_command

from aisle.cli.main import app
from aisle.serving.settings import ServingSettings

PAGE = "reference/commands.md"
PLACE = "<!-- commands -->"
SETTINGS_PAGE = "reference/serving.md"
SETTINGS_PLACE = "<!-- settings -->"

Rows = tuple[tuple[str, str], ...]


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Put a reference where its page asks for it."""
    if page.file.src_uri == SETTINGS_PAGE:
        return markdown.replace(SETTINGS_PLACE, settings())
    return markdown.replace(PLACE, reference()) if page.file.src_uri == PAGE else markdown


def settings() -> str:
    """Return every setting of the server with its meaning and default, as Markdown."""
    lines = ["| setting | meaning | unless set |", "| --- | --- | --- |"]
    for name, field in ServingSettings.model_fields.items():
        meaning = _cell(field.description or "")
        lines.append(f"| <code>{name}</code> | {meaning} | {_default(field.default)} |")
    return "\n".join(lines)


def _default(value: object) -> str:
    if value is None or value == ():
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def reference() -> str:
    """Return every command with its example, arguments and options, as Markdown.

    Groups of options that several commands have in common are listed once, at the top.
    """
    found = list(_commands(get_command(app), "aisle"))
    groups = [(context, _groups(context)) for context in found]
    times = Counter(group for _, own in groups for group in own.items() if group[0])
    shared = [group for group, count in times.items() if count > 1]
    lines = ["## Options that many commands share", ""]
    for title, rows in shared:
        lines += [f"### {title}", "", *_table("option", rows), ""]
    for context, own in groups:
        lines += _section(context, own, shared)
    return "\n".join(lines)


def _commands(command: Any, name: str, parent: Any = None) -> Iterator[Any]:
    """Yield the context of a command and of those below it."""
    context = command.make_context(name, [], parent=parent, resilient_parsing=True)
    yield context
    for below, inner in getattr(command, "commands", {}).items():
        if not inner.hidden:
            yield from _commands(inner, below, context)


def _groups(context: Any) -> dict[str, Rows]:
    """Return the options of a command by the panel that its help shows them in."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for option in context.command.params:
        if option.param_type_name == "option" and not option.hidden:
            groups.setdefault(option.rich_help_panel or "", []).append(
                option.get_help_record(context)
            )
    return {title: tuple(rows) for title, rows in groups.items()}


def _section(context: Any, own: dict[str, Rows], shared: list[tuple[str, Rows]]) -> list[str]:
    told, _, example = (context.command.help or "").replace("\b", "").partition("Example:")
    lines = [f"## {context.command_path}", "", " ".join(told.split()), ""]
    commands = re.sub(r"^  ", "", example.strip("\n"), flags=re.MULTILINE)
    if commands:
        lines += ["```console", commands, "```", ""]
    arguments = tuple(
        argument.get_help_record(context)
        for argument in context.command.params
        if argument.param_type_name == "argument"
    )
    if arguments:
        lines += [*_table("argument", arguments), ""]
    for title, rows in sorted(own.items()):
        if (title, rows) not in shared:
            lines += [f"**{title}**" if title else "", "", *_table("option", rows), ""]
    also = [f"[{title}](#{_anchor(title)})" for title in own if (title, own[title]) in shared]
    if also:
        lines += [f"Besides: {', '.join(also)}.", ""]
    return lines


def _table(kind: str, rows: Rows) -> list[str]:
    # In backticks a stroke would end the cell, or keep the sign that stops it from doing so.
    body = [f"| <code>{_cell(name)}</code> | {_cell(words)} |" for name, words in rows]
    return [f"| {kind} | meaning |", "| --- | --- |", *body]


def _cell(words: str) -> str:
    return escape(" ".join(words.split()), quote=False).replace("|", "&#124;")


def _anchor(title: str) -> str:
    return re.sub(r"[^\w]+", "-", title.lower()).strip("-")
