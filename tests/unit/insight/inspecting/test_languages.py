from __future__ import annotations

import pytest

from aisle.insight.inspecting.languages import LOOKED_AT, languages, likely_language

TEXTS = {
    "English": "A mug for the office, made of porcelain and safe in the dishwasher",
    "German": "Ein Becher aus Porzellan für das Büro, der auch in die Spülmaschine darf",
    "French": "Une tasse en porcelaine pour le bureau, qui passe dans le lave-vaisselle",
    "Spanish": "Una taza de porcelana para la oficina y el lavavajillas con un asa",
    "Italian": "Una tazza di porcellana per la casa che va nella lavastoviglie",
    "Dutch": "Een mok van porselein voor het kantoor die ook in de vaatwasser mag",
    "Polish": "Kubek z porcelany do biura, który nie jest tylko dla ludzi",
    "Russian": "Кружка из фарфора для офиса и дома, можно мыть в машине",
    "Japanese": "オフィス用の磁器マグカップ",
    "Chinese": "办公室用瓷杯可放入洗碗机",
    "Korean": "사무실용 도자기 머그컵",
    "Greek": "Κούπα από πορσελάνη για το γραφείο",
}


@pytest.mark.parametrize("language", TEXTS)
def test_languages_are_told_apart(language: str) -> None:
    assert likely_language(TEXTS[language]) == language


def test_codes_are_no_words() -> None:
    """E27, w12 and i5 hold no small word of Italian or Polish."""
    assert likely_language("w12 w448 i5 e27 z9") is None


def test_nouns_alone_are_looked_up() -> None:
    assert likely_language("porcelain mug handle") is None
    found = languages(["porcelain mug handle", "qxz wvk", ""])
    assert found is not None
    assert (found.looked_at, found.likely, found.untold) == (2, (("English", 1),), 1)


def test_the_most_frequent_comes_first_and_a_part_is_looked_at() -> None:
    many = [TEXTS["German"]] * 1500 + [TEXTS["English"]] * 500
    found = languages(many)
    assert found is not None
    assert found.looked_at == LOOKED_AT
    assert [name for name, _ in found.likely] == ["German", "English"]
    assert found.likely[0][1] == pytest.approx(750, abs=60)
    assert languages(["", "  "]) is None
