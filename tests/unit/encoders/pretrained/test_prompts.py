from __future__ import annotations

from pathlib import Path

import pytest

from aisle.encoders.pretrained.prompts import (
    NamedCategory,
    check_templates,
    named_categories,
    prompts,
    read_categories,
)
from aisle.errors import CatalogError

MUGS = NamedCategory("Mugs", ("cups", "beakers"), "to drink from")
LAMPS = NamedCategory("Home > Lamps")


def test_a_path_gives_its_leaf_and_itself() -> None:
    assert NamedCategory("Home > Kitchen > Mugs").phrases == ("Mugs", "Home, Kitchen, Mugs")
    assert NamedCategory("Kitchen & Dining").phrases == ("Kitchen & Dining",)


def test_synonyms_and_the_description_are_phrases_too() -> None:
    assert MUGS.phrases == ("Mugs", "cups", "beakers", "Mugs: to drink from")
    assert prompts(NamedCategory("Mugs", ("cups",)), ("{}", "a photo of {}")) == [
        "Mugs",
        "a photo of Mugs",
        "cups",
        "a photo of cups",
    ]


def test_a_name_with_braces_is_no_template() -> None:
    assert prompts(NamedCategory("{0} {x}"), ("a {}",)) == ["a {0} {x}"]


@pytest.mark.parametrize(("templates", "words"), [((), "no prompt"), (("a photo",), "'a photo'")])
def test_templates_need_a_place_for_the_name(templates: tuple[str, ...], words: str) -> None:
    with pytest.raises(CatalogError, match=words):
        check_templates(templates)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (
            "c.csv",
            "Name,synonyms,description\nMugs,cups; beakers,to drink from\n,,\nHome > Lamps\n",
        ),
        (
            "c.tsv",
            "category\tdescription\tsynonyms\nMugs\tto drink from\tcups|beakers\nHome > Lamps",
        ),
        (
            "c.json",
            '[{"name": "Mugs", "synonyms": ["cups", "beakers"], "description": "to drink from"},'
            ' "Home > Lamps"]',
        ),
        (
            "c.yaml",
            "Mugs:\n  synonyms: [cups, beakers]\n  description: to drink from\nHome > Lamps:\n",
        ),
        ("c.yml", "- name: Mugs\n  synonyms: [cups, beakers]\n  description: to drink from\n"
                  "- Home > Lamps"),
    ],
)  # fmt: skip
def test_every_kind_of_file(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, "utf-8")
    assert read_categories(tmp_path / name) == (MUGS, LAMPS)


def test_short_forms(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("Mugs: to drink from\nLamps: [lights]\n", "utf-8")
    assert read_categories(tmp_path / "c.yaml") == (
        NamedCategory("Mugs", (), "to drink from"),
        NamedCategory("Lamps", ("lights",)),
    )


def test_one_name_a_line(tmp_path: Path) -> None:
    path = tmp_path / "names"
    path.write_text("\ufeff# what we sell\n  Home   > Lamps \n\nCafe\u0301, et cetera\n", "utf-8")
    assert [c.name for c in read_categories(path)] == ["Home > Lamps", "Café, et cetera"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("c.txt", "Mugs\n", "at least two categories.*found 1"),
        ("c.txt", "Mugs\nLamps\n Mugs \n", "'Mugs' stands there twice"),
        ("c.csv", "title\nMugs\nLamps\n", "expected a column 'name'.*'title'"),
        ("c.csv", "", "expected a column 'name'.*none"),
        ("c.csv", "name,synonyms\nMugs,\n,cups\n", "has no name"),
        ("c.json", "[", "not valid JSON"),
        ("c.json", '"Mugs"', "list of names.*found str"),
        ("c.json", '["Mugs", 7]', "entry 2.*found 7"),
        ("c.json", '[{"name": "Mugs", "words": []}, "Lamps"]', "entry 1: holds 'words'"),
        ("c.json", '[{"name": "Mugs", "synonyms": [1]}, "Lamps"]', "entry 1.*are texts"),
        ("c.yaml", "Mugs: 7\nLamps:\n", "'Mugs': expected a description or synonyms, found 7"),
        ("c.yaml", "yes: a\nLamps:\n", "True.*are texts"),
        ("c.yaml", "a: [", "not valid YAML"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, name: str, content: str, words: str) -> None:
    (tmp_path / name).write_text(content, "utf-8")
    with pytest.raises(CatalogError, match=words):
        read_categories(tmp_path / name)


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="no such file"):
        read_categories(tmp_path / "none.txt")
    (tmp_path / "c.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CatalogError, match="cannot be read as UTF-8"):
        read_categories(tmp_path / "c.txt")


def test_names_are_as_tidy_as_the_classes_of_a_catalogue() -> None:
    assert [c.name for c in named_categories([" a  b", MUGS], "here")] == ["a b", "Mugs"]
