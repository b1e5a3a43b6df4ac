"""Words of texts, and texts with some of them left out."""

from __future__ import annotations

import numpy as np

from aisle import Catalog
from aisle.insight.explaining.spans import Texts


def texts_of(**columns: str | None) -> Texts:
    roles = dict.fromkeys(columns, "text")
    catalog = Catalog.read([columns, dict.fromkeys(columns, "other words")], roles=roles)
    return Texts.of(catalog.take([0]), list(columns))


def words_of(found: Texts) -> list[str]:
    return [found.texts[s.column][s.start : s.end] for s in found.spans]


def test_words_are_parted_from_the_signs_between_them() -> None:
    found = texts_of(title='"key"=>"Wi-Fi", 3.5mm', body="don't")
    assert [w for w in words_of(found) if any(map(str.isalnum, w))] == [
        "key",
        "Wi-Fi",
        "3.5mm",
        "don't",
    ]


def test_scripts_without_spaces_are_read_sign_by_sign() -> None:
    assert words_of(texts_of(title="陶器の mug")) == ["陶", "器", "の", "mug"]


def test_what_is_not_kept_is_gone_and_all_else_stays() -> None:
    found = texts_of(title="a blue  mug", body="of clay")
    kept = [np.array([True, False, True, True, True]), np.zeros(5, dtype=bool)]
    catalog = found.with_kept(kept)
    assert catalog.table["title"].to_pylist() == ["a   mug", "   "]
    assert catalog.table["body"].to_pylist() == ["of clay", " "]
    assert found.product.table["title"].to_pylist() == ["a blue  mug"]


def test_an_empty_text_has_no_words() -> None:
    assert texts_of(title=None).spans == ()
