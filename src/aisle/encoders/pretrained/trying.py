"""Trying encoders out on products: how fast their networks are, and whether they are right."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from aisle.catalog import Catalog
from aisle.catalog.sample import SampleOptions, draw_product, sample_products
from aisle.encoders.pretrained.choosing import AGREES
from aisle.encoders.pretrained.folder import EncoderFolder, Network, Tower
from aisle.encoders.pretrained.image import ImageNetwork
from aisle.encoders.pretrained.session import Floats
from aisle.encoders.pretrained.text import TextNetwork
from aisle.errors import EncoderError
from aisle.threads import cores, in_threads

Pixels = npt.NDArray[np.uint8]

_SIDE = 320
_ONE_BY_ONE = 32


@dataclass(frozen=True)
class Products:
    """What networks are tried on.

    Parameters
    ----------
    texts
        Titles and descriptions.
    pictures
        Photographs, each uint8 (height, width, 3), red first.
    """

    texts: Sequence[str]
    pictures: Sequence[Pixels] = ()


@dataclass(frozen=True)
class Speed:
    """How fast a network is on this machine.

    Parameters
    ----------
    tower
        What it reads.
    file, precision
        Which one it is.
    products_a_second
        With all cores.
    milliseconds
        A product, one after the other: the median.
    load_seconds
        Until the first product is done.
    cosine
        The lowest one to what the float32 network gives; None for that one itself.
    """

    tower: Tower
    file: str
    precision: str
    products_a_second: float
    milliseconds: float
    load_seconds: float
    cosine: float | None


@dataclass(frozen=True)
class Check:
    """Whether a network is fit for use.

    Parameters
    ----------
    tower
        What it reads.
    file, precision
        Which one it is.
    cosine
        The lowest one to what the float32 network gives, where both were compared.
    problem
        What is wrong with it; None if nothing is.
    """

    tower: Tower
    file: str
    precision: str
    cosine: float | None
    problem: str | None


def made_up_products(rows: int, towers: Collection[Tower]) -> Products:
    """Return products of the sample catalogue; pictures are drawn only for a tower of images."""
    products = list(sample_products(SampleOptions(products=rows)))
    texts = [f"{product.title or ''}\n{product.description or ''}" for product in products]
    if "image" not in towers:
        return Products(texts)
    drawn = [draw_product(product, _SIDE).convert("RGB") for product in products]
    return Products(texts, [np.asarray(picture) for picture in drawn])


def read_products(path: Path, rows: int, towers: Collection[Tower]) -> Products:
    """Read some products of a catalogue.

    Parameters
    ----------
    path
        The catalogue.
    rows
        How many, evenly spread.
    towers
        What will be read of them.

    Raises
    ------
    CatalogError
        If it cannot be read.
    EncoderError
        If the rows hold nothing that one of the towers reads.
    """
    catalog = Catalog.read(path, sample=rows)
    texts = [text for text in catalog.texts() if text]
    pictures: list[Pixels] = []
    if "image" in towers:
        # At one scale for all encoders, so that they are compared on the same photographs.
        results = catalog.map_images(lambda pixels: pixels, side=_SIDE)
        pictures = [result.value for result in results if result.value is not None]
    for tower, found in (("text", texts), ("image", pictures)):
        if tower in towers and not found:
            raise EncoderError(
                f"{path}: its {rows} rows have no {tower}s that could be read; name another "
                "catalogue, or leave --catalog out"
            )
    return Products(texts, pictures)


def time_networks(folder: EncoderFolder, products: Products) -> list[Speed]:
    """Measure every network of a folder: with all cores, and one product after the other.

    Raises
    ------
    EncoderError
        If one does not load or run.
    """
    return [_timed(run, products) for run in _runs(folder)]


def check_networks(folder: EncoderFolder, products: Products) -> list[Check]:
    """Run every network of a folder, and see whether it is safe and agrees with float32."""
    return [_checked(run, products) for run in _runs(folder)]


@dataclass(frozen=True)
class _Run:
    """A network of a folder, and the one that it is compared with."""

    folder: EncoderFolder
    tower: Tower
    network: Network
    reference: Network | None

    def encode(self, products: Products, network: Network) -> Floats:
        """Run a network on all cores, float32 (rows, dimension)."""
        one = self.encoder(network)
        if self.tower == "text":
            # In threads of its own.
            return one(products.texts)
        vectors: list[Floats] = []
        in_threads(one, products.pictures, cores(), lambda _, vector: vectors.append(vector))
        return np.stack(vectors)

    def encoder(self, network: Network) -> Callable[[Any], Floats]:
        """Load a network; what is returned reads many texts, or one photograph."""
        if self.tower == "text":
            return TextNetwork.load(self.folder, precision=network.precision).encode
        return ImageNetwork.load(self.folder, precision=network.precision).encode

    def agreement(self, products: Products, vectors: Floats) -> float | None:
        """Return the lowest cosine to what the float32 network gives; None if that is this one."""
        if self.reference is None:
            return None
        exact = self.encode(products, self.reference)
        lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(exact, axis=1)
        return float(np.min((vectors * exact).sum(axis=1) / np.maximum(lengths, 1e-12)))


def _runs(folder: EncoderFolder) -> Iterator[_Run]:
    for tower in folder.description.towers:
        networks = folder.description.of_tower(tower)
        exact = next((n for n in networks if n.precision == "float32"), None)
        for network in networks:
            yield _Run(folder, tower, network, None if network is exact else exact)


def _timed(run: _Run, products: Products) -> Speed:
    start = time.perf_counter()
    one = run.encoder(run.network)
    texts = run.tower == "text"
    items: Sequence[Any] = [[t] for t in products.texts] if texts else products.pictures
    one(items[0])
    loaded = time.perf_counter()
    vectors = run.encode(products, run.network)
    done = time.perf_counter()
    seconds = []
    for item in items[:_ONE_BY_ONE]:
        begin = time.perf_counter()
        one(item)
        seconds.append(time.perf_counter() - begin)
    # Equal texts are run once only.
    count = len(set(products.texts)) if texts else len(items)
    return Speed(
        run.tower,
        run.network.file,
        run.network.precision,
        products_a_second=count / (done - loaded),
        milliseconds=float(np.median(seconds)) * 1e3,
        load_seconds=loaded - start,
        cosine=run.agreement(products, vectors),
    )


def _checked(run: _Run, products: Products) -> Check:
    cosine: float | None = None
    problem: str | None = None
    expected = run.folder.description.dimension
    try:
        vectors = run.encode(products, run.network)
        if vectors.shape[1] != expected:
            problem = f"gives vectors of length {vectors.shape[1]}, expected {expected}"
        elif not np.isfinite(vectors).all():
            problem = "gives numbers that are not finite"
        elif np.allclose(vectors, vectors[0], atol=1e-6):
            problem = "gives the same vector for every product"
        else:
            cosine = run.agreement(products, vectors)
            if cosine is not None and cosine < AGREES:
                problem = f"does not agree with float32: cosine {cosine:.4f}, expected {AGREES}"
    except EncoderError as error:
        problem = str(error)
    return Check(run.tower, run.network.file, run.network.precision, cosine, problem)
