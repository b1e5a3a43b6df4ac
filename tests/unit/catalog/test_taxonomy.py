from __future__ import annotations

import csv
import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.catalog.taxonomy import Taxonomy, looks_like_paths, parse_path
from aisle.errors import CatalogError

NAMES = st.text(st.characters(exclude_characters=">|/<[\n\r", codec="utf-8"), min_size=1).filter(
    lambda name: name.strip() == name and name.split() and not name[0].isdigit()
)
PATHS = st.lists(NAMES.filter(lambda n: not n.endswith(("-", "="))), min_size=2, max_size=5)
TREES = st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=4), max_size=12)


@pytest.mark.parametrize(
    ("value", "segments"),
    [
        ("A & B > C > D", ("A & B", "C", "D")),
        ("A >> B>>C", ("A", "B", "C")),
        ("A>B-2", ("A", "B-2")),
        ('["A >> B & C >> D..."]', ("A", "B & C", "D...")),
        ('["A", "B / C / D"]', ("A", "B / C / D")),
        ('["A >> B", "A >> C"]', ("A", "B")),
        ("[]", ()),
        ("  ", ()),
        ("A > B > ", ("A", "B")),
        ("A / B / C", ("A", "B", "C")),
        ("CPUs / Processors", ("CPUs / Processors",)),
        ("A|B", ("A", "B")),
        ("|Speakers", ("|Speakers",)),
        ("A / B / C | D", ("A / B / C | D",)),
        ("CD/DVD Duplicators", ("CD/DVD Duplicators",)),
        ("<b>bold</b>", ("<b>bold</b>",)),
        ('{"key"=>"Brand"}', ('{"key"=>"Brand"}',)),
        ("Screens>40 inch", ("Screens>40 inch",)),
        ("[1, 2]", ("[1, 2]",)),
        ("[New] Shoes", ("[New] Shoes",)),
    ],
)
def test_paths_are_read(value, segments):
    assert parse_path(value) == segments


@given(PATHS, st.sampled_from([" > ", " >> ", ">>", ">"]))
def test_joined_paths_come_back(segments, separator):
    assert parse_path(separator.join(segments)) == tuple(segments)


@given(PATHS)
def test_json_lists_come_back(segments):
    assert parse_path(json.dumps(segments)) == tuple(segments)
    assert parse_path(json.dumps([" >> ".join(segments)])) == tuple(segments)


@given(st.text())
def test_any_text_is_read(value):
    segments = parse_path(value)
    assert all(segment == segment.strip() != "" for segment in segments)
    if not set(value) & set(">|[/"):
        assert segments == ((value.strip(),) if value.strip() else ())


def test_a_known_separator_is_followed():
    assert parse_path("CPUs / Processors", " / ") == ("CPUs", "Processors")
    with pytest.raises(CatalogError, match="separator ';' is not known"):
        parse_path("A;B", ";")


def test_columns_of_paths_are_recognised():
    assert looks_like_paths(["A > B", None, "", "A > C", "A"])
    assert not looks_like_paths([])
    assert not looks_like_paths(["Shoes", "Hats", "CPUs / Processors"])
    assert not looks_like_paths([f"Product {i} | Shop {i}" for i in range(20)])
    assert not looks_like_paths(["a long description of a product " * 3 + " > more"])


TREE = Taxonomy.from_paths(["Home > Baths > Towels", "Home > Beds", "Baby >> Towels", ""])


def test_a_tree_answers():
    assert TREE.ids == (
        "Home",
        "Home > Baths",
        "Home > Baths > Towels",
        "Home > Beds",
        "Baby",
        "Baby > Towels",
    )
    assert TREE.children() == ("Home", "Baby")
    assert TREE.children("Home") == ("Home > Baths", "Home > Beds")
    assert TREE.ancestors("Home > Baths > Towels") == ("Home", "Home > Baths")
    assert TREE.path("Beds") == ("Home", "Beds")
    assert TREE.depth("Home") == 1
    assert TREE.depth(("Baby", "Towels")) == 2
    assert TREE.leaves() == ("Home > Baths > Towels", "Home > Beds", "Baby > Towels")
    assert TREE.leaves("Baths") == ("Home > Baths > Towels",)
    assert TREE.named("Towels") == ("Home > Baths > Towels", "Baby > Towels")
    assert TREE.lowest_common_ancestor("Home > Baths > Towels", "Beds") == "Home"
    assert TREE.lowest_common_ancestor("Home", "Beds") == "Home"
    assert TREE.lowest_common_ancestor("Baby", "Beds") is None


def test_ambiguous_and_unknown_names_say_so():
    with pytest.raises(CatalogError, match=r"2 categories are called so.*Home > Baths > Towels"):
        TREE.find("Towels")
    with pytest.raises(CatalogError, match="did you mean 'Baths'"):
        TREE.find("Bathes")
    with pytest.raises(CatalogError, match="no such id"):
        TREE.find(("Home", "Towels"))


@given(TREES)
def test_trees_are_consistent(paths):
    tree = Taxonomy.from_paths(paths)
    assert {tree.path(key) for key in tree.ids} == {
        tuple(path[:depth]) for path in paths for depth in range(1, len(path) + 1)
    }
    for key in tree.ids:
        assert tree.find(key) == tree.find(tree.path(key)) == key
        assert tree.depth(key) == len(tree.ancestors(key)) + 1
        assert all(tree.ancestors(child)[-1] == key for child in tree.children(key))
        assert set(tree.leaves(key)) <= set(tree.leaves())
        for other in tree.ids:
            common = tree.lowest_common_ancestor(key, other)
            assert common == tree.lowest_common_ancestor(other, key)
            assert (common is None) == (tree.path(key)[0] != tree.path(other)[0])


def test_names_that_hold_a_separator_keep_ids_apart():
    tree = Taxonomy.from_paths([("A > B", "C"), ("A", "B > C"), ("A \\> B", "C")])
    assert len(set(tree.ids)) == len(tree) == 6
    assert tree.path(("A > B", "C")) == ("A > B", "C")


def test_broken_trees_are_refused():
    with pytest.raises(CatalogError, match="stands twice"):
        Taxonomy(("a", "a"), ("A", "B"), (-1, -1))
    with pytest.raises(CatalogError, match="position of a category before its own"):
        Taxonomy(("a", "b"), ("A", "B"), (1, 0))
    with pytest.raises(CatalogError, match="one of each"):
        Taxonomy(("a",), (), ())


def test_what_a_text_file_lacks_is_listed(tmp_path):
    file = tmp_path / "small.txt"
    file.write_text("# comment\n1 - A > B\nnonsense\n2 - A > B\n\n1 - C\n3 - C\n", encoding="utf-8")
    tree = Taxonomy.read(file)
    assert tree.ids == ("A", "1", "3")
    kinds = {problem.kind: problem.rows for problem in tree.problems}
    assert kinds["broken-line"] == 1
    assert kinds["repeated-category"] == 2
    assert kinds["unlisted-parent"] == 1


def test_plain_paths_are_a_file_too(tmp_path):
    file = tmp_path / "plain.txt.gz"
    file.write_bytes(gzip.compress("A\nA > B\n".encode("utf-8-sig")))
    assert Taxonomy.read(file).ids == ("A", "A > B")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.txt", b"just prose\n", "no category"),
        ("t.txt", b"\xff\xfe", "not UTF-8"),
        ("t.json", b"{", "line 1, column 2: not valid JSON"),
        ("t.json", b"{}", "expected a JSON list"),
        ("t.json", b"[1, {}]", "no category"),
        ("t.txt.gz", b"not gzip", "cannot be read"),
    ],
)
def test_unusable_files_say_why(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CatalogError, match=message):
        Taxonomy.read(tmp_path / name)


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(CatalogError, match="no such file"):
        Taxonomy.read(tmp_path / "absent.txt")


def test_several_parents_keep_the_path(tmp_path):
    a, b, c = ({"id": key, "name": key.upper()} for key in "abc")
    entries = [
        {**a, "path": [a], "subCategories": [c]},
        {**b, "path": [b], "subCategories": [c, {"id": "gone", "name": "Gone"}]},
        {**c, "path": [b, c], "subCategories": []},
        {"id": "n", "path": [a, {"id": "n", "name": None}]},
        "broken",
    ]
    (tmp_path / "t.json").write_text(json.dumps(entries), encoding="utf-8")
    tree = Taxonomy.read(tmp_path / "t.json")
    assert tree.ancestors("c") == ("b",)
    assert tree.path("n") == ("A", "n")
    assert {p.kind: p.rows for p in tree.problems} == {
        "several-parents": 1,
        "unlisted-child": 1,
        "nameless-category": 1,
        "broken-category": 1,
    }


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "shape", "known"),
    [
        (
            "google_taxonomy-with-ids.en-US.txt",
            (5595, 21, 7),
            ("3237", ("Animals & Pet Supplies", "Live Animals")),
        ),
        (
            "shopify_categories.en.txt",
            (10595, 26, 8),
            (
                "gid://shopify/TaxonomyCategory/ap-1",
                ("Animals & Pet Supplies", "Live Animals"),
            ),
        ),
        ("bestbuy_categories.json.gz", (4584 + 139, 43, 6), ("abcat0010000", ("Gift Ideas",))),
    ],
)
def test_published_taxonomies(shared, name, shape, known):
    tree = Taxonomy.read(shared / "data" / "taxonomy" / name)
    assert (len(tree), len(tree.children()), max(map(tree.depth, tree.ids))) == shape
    assert tree.path(known[0]) == known[1]
    assert bool(tree.problems) is name.startswith("bestbuy")


@pytest.mark.shared
def test_flipkart_trees_hold_the_label(shared):
    with (shared / "data" / "flipkart" / "catalog.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        assert parse_path(row["category_tree"])[0].strip() == row["category"].strip()
    columns = {name for name in rows[0] if looks_like_paths(row[name] for row in rows)}
    assert columns == {"category_tree"}
