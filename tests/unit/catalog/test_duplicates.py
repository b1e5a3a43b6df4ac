"""Near-duplicates: exact against brute force, bounded groups, both views of a text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import TfidfVectorizer

from aisle.catalog import Catalog, similarity
from aisle.catalog.duplicates import merged, near_groups, renumbered, text_groups
from aisle.catalog.similarity import similar_groups

WORDS = [f"word{letter}" for letter in "abcdefgh"] + ["7", "12", "500"]
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join), max_size=30)


def brute_force(texts: list[str], cosine: float, pattern: str) -> np.ndarray:
    """Connect texts by comparing every pair."""
    if not any(TfidfVectorizer(token_pattern=pattern).build_analyzer()(text) for text in texts):
        return np.arange(len(texts))
    matrix = TfidfVectorizer(token_pattern=pattern).fit_transform(texts)
    near = (matrix @ matrix.T).toarray() > cosine
    return renumbered(connected_components(sparse.csr_matrix(near), directed=False)[1])


def safe(texts: list[str], cosine: float, pattern: str = r"(?u)\b\w+\b") -> bool:
    """Say whether no pair lies so close to the bound that rounding decides."""
    if not any(text.split() for text in texts):
        return True
    matrix = TfidfVectorizer(token_pattern=pattern).fit_transform(texts)
    return bool((np.abs((matrix @ matrix.T).toarray() - cosine) > 1e-5).all())


@given(TEXTS, st.sampled_from([0.5, 0.7, 0.9]))
def test_the_join_is_exact(texts: list[str], cosine: float) -> None:
    if safe(texts, cosine):
        expected = brute_force(texts, cosine, r"(?u)\b\w+\b")
        assert np.array_equal(renumbered(near_groups(texts, cosine)), expected)


@given(TEXTS)
def test_the_join_is_exact_by_tiles_and_in_small_blocks_too(texts: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(similarity, "_CROWD", 2)
        patch.setattr(similarity, "_TILE_ROWS", 3)
        patch.setattr(similarity, "_PAIRS", 4)
        if safe(texts, 0.8):
            expected = brute_force(texts, 0.8, r"(?u)\b\w+\b")
            assert np.array_equal(renumbered(near_groups(texts, 0.8)), expected)


def test_many_long_rows_join_as_they_do_by_brute_force() -> None:
    rng = np.random.default_rng(0)
    words = np.array([f"w{n}" for n in range(300)])
    texts = [" ".join(words[(300 * rng.random(20) ** 2).astype(int)]) for _ in range(400)]
    for row in range(0, 400, 5):  # twins with one word changed
        texts[row] = " ".join([*texts[row - 1].split()[:-1], "w1"])
    groups = renumbered(near_groups(texts, 0.9))
    assert np.array_equal(groups, brute_force(texts, 0.9, r"(?u)\b\w+\b"))
    assert len(set(groups)) < 380


def test_rows_without_values_are_alone() -> None:
    assert similar_groups(sparse.csr_matrix((3, 4), dtype=np.float32), 0.9).tolist() == [0, 1, 2]


def test_the_letters_view_joins_variants_that_differ_in_numbers() -> None:
    texts = [
        "Brass door hinge 45 mm with four screws",
        "Brass door hinge 60 mm with four screws",
        "Brass door hinge 60 mm AX900 with four screws",
        "Steel watering can for the garden 5 l",
        "Mug 12",
        "Mug 13",
        *[f"thing{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(60)],
    ]
    assert renumbered(near_groups(texts))[:6].tolist() == [0, 1, 1, 2, 3, 4]
    assert renumbered(near_groups(texts, letters=True))[:6].tolist() == [0, 0, 0, 1, 2, 3]
    assert text_groups(texts)[:6].tolist() == [0, 0, 0, 1, 2, 3]


def test_chinese_and_japanese_are_compared_by_pairs_of_characters() -> None:
    texts = [
        "新款简约陶瓷马克杯家用办公室情侣水杯大容量送礼",
        "新款简约陶瓷马克杯家用办公室情侣水杯大容量送礼盒",
        "男士纯棉短袖衬衫夏季薄款透气商务休闲上衣",
        "メンズ長袖シャツ",
    ]
    assert text_groups(texts).tolist() == [0, 0, 1, 2]


def test_texts_that_differ_in_case_and_white_space_alone_are_equal() -> None:
    assert text_groups(["Red mug", " red MUG\n", "blue mug"]).tolist() == [0, 0, 1]


def test_products_without_text_are_alone() -> None:
    assert text_groups(["", " ", "", "a mug", "!?", "!?"]).tolist() == [0, 1, 2, 3, 4, 4]
    assert text_groups([]).tolist() == []


@pytest.mark.parametrize("rows", [12, 60, 400])
def test_texts_from_a_template_do_not_form_one_group(rows: int) -> None:
    texts = [f"A lovely product for your home, made with care, item {n}" for n in range(rows)]
    assert np.bincount(text_groups(texts)).max() == 1


def test_template_texts_keep_their_true_twins() -> None:
    frame = "This lovely handmade {} is a gift for every home and {} comes in a box"
    stems = [f"thing{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(60)]
    texts = [frame.format(stem, stem) for stem in stems]
    texts[30] = texts[7] + "."
    groups = text_groups(texts)
    assert groups[30] == groups[7]
    assert np.bincount(groups).max() == 2


def test_a_stopgap_on_most_rows_is_no_product() -> None:
    texts = ["see the picture please"] * 30 + [
        f"unique text number{chr(97 + n)}" for n in range(20)
    ]
    assert np.bincount(text_groups(texts)).max() == 1


def test_equal_texts_stay_together_up_to_a_quarter_of_the_rows() -> None:
    stems = [f"name{chr(97 + n)} of a thing" for n in range(20)]
    groups = text_groups(["one and the same long text"] * 6 + stems)
    assert set(groups[:6]) == {0}
    assert np.bincount(groups).max() == 6


@given(st.lists(st.sampled_from(WORDS[:4]).map(lambda word: f"{word} and more words"), max_size=60))
def test_no_group_swallows_a_catalogue(texts: list[str]) -> None:
    sizes = np.bincount(text_groups(texts)) if texts else np.zeros(1)
    assert sizes.max() <= max(5, 0.25 * len(texts))


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=20))
def test_merged_joins_what_either_grouping_joins(pairs: list[tuple[int, int]]) -> None:
    first, second = (np.array([pair[n] for pair in pairs], dtype=np.int64) for n in (0, 1))
    groups = merged(first, second)
    links = (first[:, None] == first) | (second[:, None] == second)
    expected = connected_components(sparse.csr_matrix(links))[1] if pairs else []
    assert groups.tolist() == renumbered(np.array(expected, dtype=np.int64)).tolist()


def test_groups_are_numbered_in_the_order_of_appearance() -> None:
    assert renumbered(np.array([7, 3, 7, 9, 3])).tolist() == [0, 1, 0, 2, 1]


@pytest.mark.shared
def test_flipkart_has_about_two_hundred_near_duplicates(shared: Path) -> None:
    catalog = Catalog.read(shared / "data/flipkart/catalog.csv")
    groups = text_groups(catalog.texts(["title", "description"]))
    sizes = np.bincount(groups)
    assert 190 <= (sizes[groups] > 1).sum() <= 230
    assert sizes.max() <= 25
