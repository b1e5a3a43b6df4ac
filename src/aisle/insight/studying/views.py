"""Ways of looking at a catalogue: which encoders a study tries, and what they are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from aisle.catalog import Catalog
from aisle.encoders import modality_of, resolve_encoder
from aisle.encoders.pretrained.finding import check_licence, list_folders
from aisle.errors import AisleError, EncoderError

Family = Literal["classical", "deep"]

JOINT = "text+image"
"""The modality of a text encoder and an image encoder side by side."""

_LEARNED = ("text-network", "image-network", "tuned-text", "tuned-image", "vector", "word2vec")


@dataclass(frozen=True)
class View:
    """One encoder with its parameters, or two encoders side by side.

    Parameters
    ----------
    name
        How it is called in tables.
    encoder, params
        As `aisle.encoders.make_encoder` takes them; empty where there are `parts`.
    modality
        What it reads; `JOINT` for a text and an image encoder together.
    family
        ``deep`` for what a network has learned, ``classical`` for all else.
    variant
        Of a word encoder, what becomes of its words: ``plain``, ``lemmas`` or ``stems``.
    parts
        The views that are put side by side, each at unit length.
    """

    name: str
    encoder: str
    modality: str
    family: Family
    params: Mapping[str, Any] = field(default_factory=dict)
    variant: str = ""
    parts: tuple[View, ...] = ()


@dataclass(frozen=True)
class Skipped:
    """A view that could not be studied, and why."""

    name: str
    reason: str


TEXT = (
    View("tfidf", "tfidf", "text", "classical", variant="plain"),
    View("tfidf-lemmas", "tfidf", "text", "classical", {"morphology": "lemma"}, "lemmas"),
    View("tfidf-stems", "tfidf", "text", "classical", {"morphology": "stem"}, "stems"),
    View("tfidf-characters", "tfidf", "text", "classical", {"analyzer": "char", "ngrams": [3, 5]}),
    View("bag-of-words", "bag-of-words", "text", "classical"),
)
"""What is tried on texts besides pretrained networks."""

IMAGE = tuple(
    View(name, name, "image", "classical") for name in ("descriptors", "colour", "hog", "sift")
)
"""What is tried on photographs besides pretrained networks."""


def default_views(catalog: Catalog) -> tuple[tuple[View, ...], tuple[Skipped, ...]]:
    """Return what is tried on a catalogue where nobody says otherwise, and what is left out.

    These are the classical encoders of its texts and photographs, the pretrained networks at hand,
    and vectors that it brings along. Of texts and photographs together, the best of each is tried
    once that is known.
    """
    there = catalog.modalities
    networks, skipped = _pretrained(there)
    classical = [view for view in (*TEXT, *IMAGE) if view.modality in there]
    if "vector" in there:
        networks.append(View("vector", "vector", "vector", "deep"))
    order = ("text", "image", "vector")
    found = sorted((*classical, *networks), key=lambda view: order.index(view.modality))
    return tuple(found), tuple(skipped)


def _pretrained(modalities: tuple[str, ...]) -> tuple[list[View], list[Skipped]]:
    found: list[View] = []
    skipped: list[Skipped] = []
    for folder in list_folders():
        name, towers = folder.description.name, folder.description.towers
        try:
            check_licence(folder)
        except EncoderError as error:
            skipped.append(Skipped(name, str(error)))
            continue
        for tower in towers:
            if tower in modalities:
                called = name if len(towers) == 1 else f"{name} ({tower})"
                found.append(View(called, f"{tower}-network", tower, "deep", {"network": name}))
    return found, skipped


def named_views(names: Iterable[str], catalog: Catalog) -> tuple[View, ...]:
    """Return the views that a user names.

    Parameters
    ----------
    names
        Encoders (``hog``), variants (``tfidf-lemmas``), encoder folders by name or path; two with
        a ``+`` between them are put side by side.
    catalog
        The catalogue, which must have what the encoders read.

    Raises
    ------
    AisleError
        If there is no such encoder, or it reads what the catalogue does not have.
    """
    own = {view.name: view for view in (*TEXT, *IMAGE)}
    own |= {view.name: view for view in _pretrained(("text", "image"))[0]}
    found = []
    for name in dict.fromkeys(names):
        parts = [_named(part.strip(), own, catalog) for part in name.split("+")]
        found.append(parts[0] if len(parts) == 1 else joined_view(*parts))
    if not found:
        raise AisleError(
            "a study needs an encoder at least; name one, such as "
            "study(catalog, encoders=['tfidf']), or leave the list out"
        )
    return tuple(found)


def _named(name: str, own: Mapping[str, View], catalog: Catalog) -> View:
    view = own.get(name)
    if view is None:
        modality = modality_of(name, {})
        kind, params = resolve_encoder(name, {})
        view = View(name, kind, modality, "deep" if kind in _LEARNED else "classical", params)
    known = ("text", "image", "metadata", "vector")
    if view.modality in known and view.modality not in catalog.modalities:
        raise AisleError(
            f"the encoder {name!r} reads {view.modality}, and the catalogue has no such column; "
            f"it has {', '.join(catalog.modalities) or 'nothing to look at'}. Name another "
            "encoder, or the column, such as with --text or --image"
        )
    return view


def joined_view(*parts: View) -> View:
    """Return several views side by side as one."""
    modalities = dict.fromkeys(part.modality for part in parts)
    return View(
        " + ".join(part.name for part in parts),
        "",
        "+".join(modalities),
        "deep" if any(part.family == "deep" for part in parts) else "classical",
        parts=parts,
    )
