"""Categories by their names, and the sentences that a text encoder reads instead of them."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from aisle.catalog.category_paths import parse_path
from aisle.errors import CatalogError

TEMPLATES = ("a product photo: {}", "a photo of {}")
"""Measured on 1,050 products of 7 categories, for photographs and for titles: a bare name is worse
by five to six points, and more sentences are no better."""

_NAMES = ("name", "category")
_BETWEEN = re.compile(r"\s*[;|]\s*")


@dataclass(frozen=True)
class NamedCategory:
    """A category that is known by its name alone.

    Parameters
    ----------
    name
        As answers give it; may be a path such as ``Home > Kitchen > Mugs``.
    synonyms
        What else such products are called.
    description
        A few words on what belongs there.
    """

    name: str
    synonyms: tuple[str, ...] = ()
    description: str | None = None

    @property
    def phrases(self) -> tuple[str, ...]:
        """What is put into templates: the leaf, the path, synonyms, the leaf with its description.

        Examples
        --------
        >>> NamedCategory("Kitchen > Mugs", ("cups",)).phrases
        ('Mugs', 'Kitchen, Mugs', 'cups')
        """
        path = parse_path(self.name) or (self.name,)
        leaf = path[-1]
        described = (f"{leaf}: {self.description}",) if self.description else ()
        return tuple(dict.fromkeys([leaf, ", ".join(path), *self.synonyms, *described]))


def prompts(category: NamedCategory, templates: Sequence[str] = TEMPLATES) -> list[str]:
    """Return the sentences for a category: every phrase in every template."""
    return [one.replace("{}", phrase) for phrase in category.phrases for one in templates]


def check_templates(templates: Sequence[str]) -> None:
    """Refuse templates without a place for the name; raises CatalogError."""
    if not templates:
        raise CatalogError("there is no prompt; give one such as 'a photo of {}'")
    for template in templates:
        if "{}" not in template:
            raise CatalogError(
                f"the prompt {template!r} has no place for the name; write {{}} where it belongs, "
                "as in 'a photo of {}'"
            )


def named_categories(found: Iterable[str | NamedCategory], where: str) -> tuple[NamedCategory, ...]:
    """Return categories with tidy names, in order.

    Parameters
    ----------
    found
        Names or categories.
    where
        What messages call the source.

    Raises
    ------
    CatalogError
        If there are fewer than two, a name is empty, or two are the same.
    """
    plain = [NamedCategory(one) if isinstance(one, str) else one for one in found]
    made = tuple(NamedCategory(_tidy(c.name), c.synonyms, c.description) for c in plain)
    double = [name for name, count in Counter(c.name for c in made).items() if count > 1]
    if "" in {c.name for c in made}:
        raise CatalogError(f"{where}: a category has no name")
    if double:
        raise CatalogError(f"{where}: the category {double[0]!r} stands there twice; keep one")
    if len(made) < 2:
        raise CatalogError(
            f"{where}: expected at least two categories to choose from, found {len(made)}"
        )
    return made


def read_categories(path: str | Path) -> tuple[NamedCategory, ...]:
    """Read the categories of a file.

    Parameters
    ----------
    path
        UTF-8 text with one category a line (lines that begin with ``#`` are left out); ``.csv`` or
        ``.tsv`` with a column ``name`` and, if wanted, ``description`` and ``synonyms`` (separated
        by ``;``); ``.json`` or ``.yaml`` with a list of names or of such objects, or one object
        with a description, a list of synonyms, or nothing for every name.

    Raises
    ------
    CatalogError
        If the file cannot be read, or does not hold categories.
    """
    source = Path(path)
    try:
        text = source.read_text("utf-8-sig")
    except FileNotFoundError:
        raise CatalogError(f"{source}: there is no such file; expected categories") from None
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogError(
            f"{source}: cannot be read as UTF-8 text with one category a line ({error})"
        ) from error
    read = _READERS.get(source.suffix.lower(), _from_lines)
    return named_categories(read(text, source), str(source))


def _from_lines(text: str, source: Path) -> list[NamedCategory]:
    lines = [line.strip() for line in text.splitlines()]
    return [NamedCategory(line) for line in lines if line and not line.startswith("#")]


def _from_table(text: str, source: Path) -> list[NamedCategory]:
    separator = "\t" if source.suffix.lower() == ".tsv" else ","
    rows = csv.DictReader(io.StringIO(text), delimiter=separator, restkey="")
    heads = {str(head).strip().lower(): head for head in rows.fieldnames or ()}
    name = next((heads[one] for one in _NAMES if one in heads), None)
    if name is None:
        raise CatalogError(
            f"{source}: expected a column 'name' (and, if wanted, 'description' and 'synonyms'); "
            f"found {', '.join(map(repr, heads)) or 'none'}"
        )
    made = []
    for row in rows:
        told = {key: (row.get(head) or "").strip() for key, head in heads.items()}
        synonyms = tuple(one for one in _BETWEEN.split(told.get("synonyms", "")) if one)
        if any(told.values()):
            made.append(
                NamedCategory(row.get(name) or "", synonyms, told.get("description") or None)
            )
    return made


def _from_json(text: str, source: Path) -> list[NamedCategory]:
    try:
        return _from_tree(json.loads(text), source)
    except ValueError as error:
        raise CatalogError(f"{source}: is not valid JSON ({error})") from error


def _from_yaml(text: str, source: Path) -> list[NamedCategory]:
    try:
        return _from_tree(yaml.safe_load(text), source)
    except yaml.YAMLError as error:
        raise CatalogError(f"{source}: is not valid YAML ({error})") from error


def _from_tree(content: object, source: Path) -> list[NamedCategory]:
    if isinstance(content, list):
        return [_entry(one, f"{source}: entry {at}") for at, one in enumerate(content, 1)]
    if not isinstance(content, dict):
        raise CatalogError(
            f"{source}: expected a list of names, or names with what is known of each; "
            f"found {type(content).__name__}"
        )
    made = []
    for name, about in content.items():
        extra: object = about
        if isinstance(about, str):
            extra = {"description": about}
        elif isinstance(about, list):
            extra = {"synonyms": about}
        where = f"{source}: {name!r}"
        if not isinstance(extra, dict | None):
            raise CatalogError(f"{where}: expected a description or synonyms, found {about!r}")
        made.append(_entry({"name": name, **(extra or {})}, where))
    return made


def _entry(one: object, where: str) -> NamedCategory:
    if isinstance(one, str):
        return NamedCategory(one)
    if not isinstance(one, dict):
        raise CatalogError(
            f"{where}: expected a name (in quotes, where it could be a number or yes), or an "
            f"object with one; found {one!r}"
        )
    unknown = set(map(str, one)) - {"name", "description", "synonyms"}
    if unknown:
        raise CatalogError(
            f"{where}: holds {', '.join(map(repr, sorted(unknown)))}; expected name, description, "
            "synonyms"
        )
    name, description, synonyms = (one.get(key) for key in ("name", "description", "synonyms"))
    listed = [synonyms] if isinstance(synonyms, str) else synonyms or []
    texts = [name, *([] if description is None else [description])]
    if not isinstance(listed, list) or not all(isinstance(t, str) for t in [*texts, *listed]):
        raise CatalogError(f"{where}: names, descriptions and synonyms are texts; found {one!r}")
    return NamedCategory(str(name), tuple(map(str, listed)), description)


def _tidy(name: str) -> str:
    """Return a name as catalogues have their classes: one form of each letter, single spaces."""
    return " ".join(unicodedata.normalize("NFC", name).split())


_READERS: dict[str, Callable[[str, Path], list[NamedCategory]]] = {
    ".csv": _from_table,
    ".tsv": _from_table,
    ".json": _from_json,
    ".yaml": _from_yaml,
    ".yml": _from_yaml,
}
