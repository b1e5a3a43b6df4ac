from __future__ import annotations

from dataclasses import replace

import pytest

from aisle.insight import Study
from aisle.insight.studying import Confusion, wording


def with_best(found: Study, **changes: object) -> Study:
    return replace(found, results=(replace(found.best, **changes), *found.results[1:]))


@pytest.mark.parametrize(
    ("ari", "tone", "words"),
    [(0.7, "good", "Separable"), (0.3, "warn", "Partly"), (0.1, "bad", "Not separable")],
)
def test_the_verdict_follows_the_classes(found: Study, ari: float, tone: str, words: str) -> None:
    told = wording.verdict(with_best(found, ari=ari))
    assert (told.tone, told.headline.startswith(words)) == (tone, True)
    assert f"{ari:.2f}" in told.details[1]


@pytest.mark.parametrize(("silhouette", "tone"), [(0.4, "good"), (0.2, "warn"), (0.05, "bad")])
def test_without_classes_it_follows_the_silhouette(
    found: Study, silhouette: float, tone: str
) -> None:
    bare = with_best(found, ari=None, ami=None, silhouette=silhouette, stability=0.3)
    told = wording.verdict(bare)
    assert told.tone == tone
    assert "other clusters with every seed" in told.details[1]


def test_deep_features_are_held_against_classical_ones(found: Study) -> None:
    deep = replace(found.best_of("image"), encoder="net", family="deep", ari=0.4)
    ahead = replace(found, results=(*found.results, deep))
    assert wording.families(found) == []
    assert wording.families(ahead) == [
        "Deep image features are behind classical ones, net at 0.40 against colour at 1.00."
    ]


def test_variants_are_compared_with_words_as_they_are(found: Study) -> None:
    def scored(*ari: float) -> str:
        given = dict(zip(("plain", "lemmas", "stems"), ari, strict=True))
        results = tuple(
            replace(r, ari=given[r.variant], ari_deviation=0.01) if r.variant else r
            for r in found.results
        )
        return wording.variants(replace(found, results=results))

    assert scored(0.5, 0.6, 0.55) == "Lemmas help: plain 0.50, lemmas 0.60, stems 0.55."
    assert scored(0.5, 0.51, 0.4).startswith("Lemmas and stems do not help")


def test_split_and_merged_classes_are_named() -> None:
    told = wording.clusters(
        Confusion(("a", "b"), ((1, 1), (1, 1)), (("a", (0.5, 0.5)),), (("a", "b"),), 0.5)
    )
    assert told[0].startswith("50% of the products")
    assert told[1:] == ["a and b share a cluster.", "a is split: 50% and 50% in its largest clusters."]  # fmt: skip  # noqa: E501


def test_commands_quote_what_they_must(found: Study) -> None:
    named = replace(found, target="my kind")
    commands = [step.command for step in wording.steps(named, "'a b.csv'")]
    assert commands[0] == "aisle train 'a b.csv' --target 'my kind' -o model.aisle"
    bare = [step.command for step in wording.steps(replace(found, target=None))]
    assert bare[0].startswith("aisle zero-shot CATALOG")
