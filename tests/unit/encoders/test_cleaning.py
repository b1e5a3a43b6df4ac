from __future__ import annotations

import re
import threading
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.encoders.text import cleaning
from aisle.encoders.text.cleaning import TextPreparation, clean
from aisle.encoders.text.morphology import lemmatise, stem
from aisle.errors import RecipeError


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("5 < 6 and R&amp;D", "5 < 6 and r&d"),
        ("red<br>blue<p>green</p>grey<BR/>black", "red blue green grey black"),
        ("<b>E</b>legance H<sub>2</sub>O", "elegance h2o"),
        ("<ul><li>one</li><li>two</li></ul>", "one two"),
        ("&lt;p class=&quot;x&quot;&gt;hi&lt;/p&gt;&amp;nbsp;you", "hi you"),
        ("a<!-- note <b> -->b<script>x < 1</script>c<style >p{}</style>d", "a b c d"),
        ("x <3 y, <5mm, a<b", "x <3 y, <5mm, a<b"),
        ("AT&T &nbsp 10&#34; &#99999999999;", 'at&t 10" &#99999999999;'),
        ("see https://x.com/a?b=1&c=2 or www.Foo.de/x, now", "see or now"),
        ("mail me.first+tag@x.co.uk!", "mail !"),
        ("twitter @name, 5 @ 10", "twitter @name, 5 @ 10"),
        ("iPhone™ ﬁne 10㎝ ４Ｋ", "iphone fine 10cm 4k"),
        ("zero\u200bwidth soft\u00adhyphen \ufeffbom nul\x00l", "zerowidth softhyphen bom null"),
        ("  tabs\tand\n\nlines\u00a0\u2003 ", "tabs and lines"),
        ("family \U0001f468\u200d\U0001f469 shirt", "family \U0001f468\U0001f469 shirt"),
        ("", ""),
    ],
)
def test_texts_come_out_plain(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_each_step_can_be_left_out() -> None:
    text = "<b>Müsli</b> at www.x.com"
    assert clean(text, html=False) == "<b>müsli</b> at"
    assert clean(text, urls=False) == "müsli at www.x.com"
    assert clean(text, lowercase=False) == "Müsli at"
    assert clean(text, accents=True) == "musli at"


def test_accents_go_from_latin_letters_only() -> None:
    assert clean("Œuvre Łódź Straße हिन्दी", accents=True) == "oeuvre lodz strasse हिन्दी"


@given(st.text(max_size=200))
def test_what_comes_out_is_collapsed_and_visible(text: str) -> None:
    cleaned = clean(text)
    assert cleaned == " ".join(cleaned.split())
    assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in cleaned)
    cleaned.encode("utf-8")


@given(st.lists(st.sampled_from(["<b>", "</p>", "red ", "5 < 6 ", "<br/>", "<a href='x'>"])))
def test_no_well_formed_tag_survives(pieces: list[str]) -> None:
    assert not re.search(r"</?[a-z]+(\s[^<>]*)?/?>", clean("".join(pieces)))


@given(st.text(alphabet="abc déß\u0301ŁİI", max_size=60))
def test_cleaning_plain_text_twice_changes_nothing(text: str) -> None:
    once = clean(text, lowercase=False, accents=True)
    assert clean(once, lowercase=False, accents=True) == once


def _attempts(monkeypatch: pytest.MonkeyPatch, text: str) -> int:
    """Count how many characters the searches for closing marks walk over."""
    walked = 0

    class Counting:
        def __init__(self, pattern: re.Pattern[str]) -> None:
            self.pattern = pattern

        def search(self, text: str, position: int) -> re.Match[str] | None:
            nonlocal walked
            found = self.pattern.search(text, position)
            walked += (found.end() if found else len(text)) - position
            return found

    ends = {kind: Counting(pattern) for kind, pattern in cleaning._UNSEEN_ENDS.items()}
    with monkeypatch.context() as patch:
        patch.setattr(cleaning, "_UNSEEN_ENDS", ends)
        clean(text)
    return walked


@pytest.mark.parametrize("piece", ["<!--", "<script>", "<script><!--<style>", "<!--x-->", "-->"])
def test_hidden_parts_are_sought_in_linear_time(
    monkeypatch: pytest.MonkeyPatch, piece: str
) -> None:
    assert _attempts(monkeypatch, piece * 10_000) <= 3 * len(piece) * 10_000


HOSTILE = ["<", "a@", "a", "&", "&#", "<a ", "<a", "www.", "a.", "<b ", '<a x="', "a@b.", "\u0301"]
HOSTILE += ["http://", "@", "\x00", " ", "&#9", "</b", "<!", "a-", "\u200b", "&amp;"]


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_texts_come_back(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    cleaned = clean(text, accents=True)
    assert len(cleaned) <= len(text)
    assert len(clean("x@y" + text + "@")) <= len(text) + 4


def test_words_come_to_their_dictionary_form() -> None:
    assert lemmatise("Curtains bought, USB3 batteries") == "curtain buy, USB3 battery"
    assert lemmatise("Vorhänge", "german") == lemmatise("Vorhänge", "de") == "Vorhang"


def test_words_come_to_their_stem() -> None:
    assert stem("Curtains curtained, X200s model_names") == "curtain curtain, X200s model_names"
    assert stem("Häuser", "de") == stem("Häuser", "german") == "haus"


def test_threads_may_stem_together() -> None:
    words = [f"{letter}{ending}" for letter in "abcdefgh" for ending in ("ations", "ingly", "ers")]
    texts = [" ".join(words[k:] + words[:k]) for k in range(len(words))]
    results: dict[int, str] = {}

    def work(k: int) -> None:
        results[k] = stem(texts[k], "porter")

    threads = [threading.Thread(target=work, args=(k,)) for k in range(len(texts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(sorted(results[k].split()) == sorted(results[0].split()) for k in results)


@pytest.mark.parametrize("morphology", ["lemma", "stem"])
def test_an_unknown_language_is_refused_and_the_offer_is_listed(morphology: str) -> None:
    with pytest.raises(RecipeError, match=r"'klingon'.*languages offered are .*\bda"):
        TextPreparation(morphology=morphology, language="klingon")


def test_an_unknown_morphology_is_refused() -> None:
    with pytest.raises(RecipeError, match="'root' is not known"):
        TextPreparation(morphology="root")


def test_a_language_is_not_looked_at_without_morphology() -> None:
    assert TextPreparation(language="klingon")(["Qapla"]) == ["qapla"]


def test_preparation_masks_prices_before_it_lowers_the_case() -> None:
    prepare = TextPreparation(mask_prices=True, morphology="stem", language="de", accents=True)
    assert prepare(["Vorhänge <b>jetzt</b>: EUR 24,99 schön", ""]) == ["vorhang jetzt: schon", ""]


def test_preparation_equals_clean_where_nothing_else_is_asked() -> None:
    texts = ["<p>Café</p> USD 5 www.x.com", "Größe & Maß"]
    assert TextPreparation(accents=True)(texts) == [clean(text, accents=True) for text in texts]
    assert TextPreparation(html=False, urls=False, lowercase=False)(texts) == [
        clean(text, html=False, urls=False, lowercase=False) for text in texts
    ]
