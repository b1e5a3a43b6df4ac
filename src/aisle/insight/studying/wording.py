"""What a study means, in words: on the page and on the screen alike."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from aisle import pages
from aisle.insight.studying.judging import MERGED, Confusion
from aisle.insight.studying.projecting import NAMES, has_umap
from aisle.insight.studying.results import Result, Study
from aisle.insight.studying.views import Family

APART = 0.5
"""The adjusted Rand index from which classes come apart by themselves."""

PARTLY = 0.25
GROUPED = 0.25
"""The silhouette from which products fall into groups, where no classes can tell."""

LOOSELY = 0.15
CLEAN = 0.98
"""The purity from which there is nothing to look into."""

_NAMED = 4
_STRAYED = 0.08


@dataclass(frozen=True)
class Step:
    """A command, and what it is for."""

    words: str
    command: str


def verdict(found: Study) -> pages.Verdict:
    """Say whether the catalogue is separable without labels, and which encoder sees that best."""
    best = found.best
    seen = (
        f"{best.encoder} sees it best by its silhouette ({best.silhouette:.2f}), clustered "
        f"{_through(best)}."
    )
    if best.ari is None or best.ami is None:
        return _verdict_without_classes(found, seen)
    told = (
        f"Its {best.clusters} clusters agree with {found.target} at an adjusted Rand index of "
        f"{_with_deviation(best)} (0 is chance, 1 the classes themselves) and an adjusted mutual "
        f"information of {best.ami:.2f}."
    )
    if best.ari >= APART:
        tone, words = "good", "Separable without labels: most classes come apart by themselves"
    elif best.ari >= PARTLY:
        tone, words = "warn", "Partly separable without labels: some classes run together"
    else:
        tone, words = "bad", "Not separable without labels: clusters are not the classes"
    meaning = (
        "A classifier that learns from labels has an easy task here."
        if best.ari >= APART
        else "A classifier that learns from labels can do far better: clusters find what is most "
        "different, which need not be what the classes are about."
    )
    return pages.Verdict(tone, words, (seen, told, meaning))  # type: ignore[arg-type]


def _verdict_without_classes(found: Study, seen: str) -> pages.Verdict:
    best = found.best
    steady = (
        f"k-means finds much the same {best.clusters} clusters whatever its seed (agreement "
        f"{best.stability:.2f})."
        if best.stability >= 0.8
        else f"k-means finds other clusters with every seed (agreement {best.stability:.2f}): "
        "do not build on their edges."
    )
    if best.silhouette >= GROUPED:
        words = f"Products fall into groups by themselves; {best.clusters} stand out"
        return pages.Verdict("good", words, (seen, steady))
    if best.silhouette >= LOOSELY:
        return pages.Verdict("warn", "Products fall into groups only loosely", (seen, steady))
    return pages.Verdict("bad", "No groups stand out", (seen, steady))


def number_of_clusters(found: Study) -> str:
    """Say where the number of clusters comes from."""
    if found.chooser == "given":
        return f"{found.best.clusters} clusters, as asked for."
    if found.chooser == "classes":
        return (
            f"{found.best.clusters} clusters, as many as there are classes: the one thing that "
            "is taken from the labels."
        )
    return "The number of clusters is the one with the highest silhouette, for each encoder."


def families(found: Study) -> list[str]:
    """Hold deep features against classical ones, a sentence for each modality that has both."""
    told = []
    for modality in ("text", "image"):
        deep, classical = ablest(found, modality, "deep"), ablest(found, modality, "classical")
        if deep is None or classical is None:
            continue
        apart = measure(deep) - measure(classical)
        what = f"deep {modality} features"
        if abs(apart) < 0.02:
            words = f"On a par: {what} and classical ones"
        else:
            words = (
                f"{what.capitalize()} are {'ahead of' if apart > 0 else 'behind'} classical ones"
            )
        told.append(
            f"{words}, {deep.encoder} at {measure(deep):.2f} against {classical.encoder} at "
            f"{measure(classical):.2f}."
        )
    return told


def ablest(found: Study, modality: str, family: Family) -> Result | None:
    """Return the encoder of a kind that does best, by what encoders are measured by."""
    own = [r for r in found.chosen if r.modality == modality and r.family == family]
    return max(own, key=measure, default=None)


def variants(found: Study) -> str:
    """Say whether lemmas or stems help; empty where they were not tried."""
    tried = [
        result
        for name in ("plain", "lemmas", "stems")
        if (result := found.best_of("text", variant=name)) is not None
    ]
    if len(tried) < 2:
        return ""
    best = max(tried, key=measure)
    figures = ", ".join(f"{result.variant} {measure(result):.2f}" for result in tried)
    plain = next((result for result in tried if result.variant == "plain"), None)
    spread = max((result.ari_deviation or 0.0) for result in tried)
    if plain is None:
        return f"{best.variant.capitalize()} do best: {figures}."
    if measure(best) - measure(plain) <= max(0.02, spread):
        others = " and ".join(result.variant for result in tried if result is not plain)
        return f"{others.capitalize()} do not help beyond what seeds vary: {figures}."
    return f"{best.variant.capitalize()} help: {figures}."


def clusters(found: Confusion) -> list[str]:
    """Say which classes split and which merge."""
    told = [
        f"{pages.share(found.purity, 0)} of the products lie in the cluster that matches their "
        "class best."
    ]
    for names in found.merged[:_NAMED]:
        told.append(f"{_listed(names)} share a cluster.")
    for name, shares in found.split[:_NAMED]:
        parts = " and ".join(pages.share(share, 0) for share in shares if share >= MERGED / 2)
        told.append(f"{name} is split: {parts or 'no more than a few'} in its largest clusters.")
    told += _strays(found)
    rest = max(len(found.merged) - _NAMED, 0) + max(len(found.split) - _NAMED, 0)
    if rest:
        told.append(f"{rest} more classes or groups of classes split or merge.")
    return told


def _strays(found: Confusion) -> list[str]:
    """Say where most products of a class went that lie in the cluster of another."""
    named = {name for name, _ in found.split} | {name for names in found.merged for name in names}
    cells = [
        (count, sum(row), name, other)
        for name, row in zip(found.classes, found.counts, strict=True)
        for other, count in zip(found.classes, row, strict=False)
        if other != name and name not in named
    ]
    cells.sort(key=lambda cell: (-cell[0], cell[2]))
    return [
        f"{count:,} of {size:,} of {pages.shorten(name, 40)} lie with {pages.shorten(other, 40)}."
        for count, size, name, other in cells[:_NAMED]
        if count >= _STRAYED * size and count > 1
    ]


def measure(result: Result) -> float:
    """Return what encoders are held against each other by: ARI, or the silhouette without it."""
    return result.silhouette if result.ari is None else result.ari


def measured(found: Study) -> str:
    """Name that measure."""
    return "silhouette" if found.best.ari is None else "adjusted Rand index"


def steps(found: Study, catalog: str = "CATALOG", given: str | None = None) -> list[Step]:
    """Return what to do next.

    Parameters
    ----------
    found
        A study.
    catalog, given
        The catalogue and its options as they are typed; the target alone when left out.
    """
    if given is None:
        given = f"--target {shlex.quote(found.target)}" if found.target else ""
    after = f"{catalog} {given}".rstrip()
    best = found.best
    made = []
    if found.target is None:
        made.append(
            Step(
                "Look at the groups, name those that mean something in a file, and sort products "
                "into them without training.",
                f"aisle zero-shot {catalog} --categories categories.txt --encoder PAIR",
            )
        )
        made.append(
            Step(
                "Look for finer groups.",
                f"aisle study {after} --clusters {2 * best.clusters} --html study.html",
            )
        )
    else:
        made.append(Step("Train on the labels.", f"aisle train {after} -o model.aisle"))
        if found.confusion is not None and found.confusion.purity < CLEAN:
            made.append(
                Step(
                    "Where products lie with another class, see whether their labels are wrong.",
                    f"aisle audit {after} --html audit.html",
                )
            )
        compared = _encoders(found)
        if compared:
            made.append(
                Step(
                    "Hold the best encoders against each other with labels.",
                    f"aisle compare {after} {compared} --html leaderboard.html",
                )
            )
    if "umap" not in found.projections and "+" not in best.encoder:
        words = "Try UMAP as well"
        words += "." if has_umap() else ', once it is installed: pip install "aisle[study]"'
        named = shlex.quote(best.encoder)
        made.append(
            Step(
                words, f"aisle study {after} --encoder {named} --projection tsne --projection umap"
            )
        )
    return made


def _encoders(found: Study) -> str:
    """Return options of ``aisle compare`` for the best pretrained encoder of each modality."""
    named = []
    for modality in ("text", "image"):
        best = found.best_of(modality, "deep")
        if best is not None and "(" not in best.encoder:
            named.append(f"--encoders-{modality} {shlex.quote(best.encoder)}")
    return " ".join(named)


def _through(result: Result) -> str:
    if result.projection == "none":
        return "as it is"
    return f"after {NAMES[result.projection]}"


def _with_deviation(result: Result) -> str:
    return f"{result.ari or 0.0:.2f} ± {result.ari_deviation or 0.0:.2f}"


def _listed(names: tuple[str, ...]) -> str:
    shown = [pages.shorten(name, 40) for name in names[:_NAMED]]
    rest = len(names) - len(shown)
    if rest:
        return f"{', '.join(shown)} and {rest} more"
    return f"{', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else shown[0]
