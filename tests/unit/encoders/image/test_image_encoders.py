"""Encoders of photographs: absence, errors, independence of rows, bundles, odd photographs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aisle import Catalog, ProductClassifier
from aisle.encoders import DescribingEncoder, find_encoder, make_encoder
from aisle.encoders.features import Features
from aisle.errors import RecipeError

SINGLE = ["colour", "hog", "lbp", "glcm", "gabor", "sift"]
ROLES = {"photo": "image"}


def striped(kind: int, seed: int, size: tuple[int, int] = (60, 48)) -> Image.Image:
    """Draw stripes whose direction, colour and width depend on the kind."""
    dice = np.random.default_rng(seed)
    down, right = np.mgrid[: size[1], : size[0]]
    along = (down, right, down + right)[kind]
    wave = np.sin(along * (0.3 + 0.25 * kind) + dice.uniform(0, 6))
    base = np.array([(200, 60, 60), (60, 160, 80), (70, 80, 200)][kind])
    noise = dice.normal(0, 12, (size[1], size[0], 3))
    pixels = base + 50 * wave[..., None] + noise
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("photographs")
    for number in range(60):
        striped(number % 3, number).save(made / f"{number}.png")
    (made / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no photograph")
    return made


@pytest.fixture(scope="module")
def catalog(folder: Path) -> Catalog:
    rows = [
        {"sku": f"S{n}", "photo": str(folder / f"{n}.png"), "kind": f"kind {n % 3}"}
        for n in range(60)
    ]
    rows[7]["photo"] = str(folder / "broken.jpg")
    rows[8]["photo"] = None
    return Catalog.read(rows, target="kind", roles=ROLES)


def encoder(name: str, **params: object) -> DescribingEncoder:
    made = make_encoder(name, dict(params))
    assert isinstance(made, DescribingEncoder)
    return made


@pytest.mark.parametrize("name", [*SINGLE, "descriptors"])
def test_every_descriptor_encodes_by_its_name(name: str, catalog: Catalog) -> None:
    made = encoder(name)
    features = made.fit(catalog).transform(catalog)
    assert features.matrix.dtype == np.float32
    assert np.isfinite(features.matrix).all()
    assert features.present.sum() == 58
    assert not features.matrix[[7, 8]].any()
    assert list(features.errors) == [7]
    assert "broken.jpg" in features.errors[7]
    distinct = np.unique(features.matrix[features.present], axis=0)
    assert len(distinct) == 58
    assert find_encoder(name).modality == "image"


@pytest.mark.parametrize(
    ("name", "params"),
    [("descriptors", {}), ("descriptors", {"components": 12}), ("glcm", {}), ("sift", {"words": 9}),
     ("sift", {"words": 9, "pooling": "residuals", "components": 5})],
)  # fmt: skip
def test_features_never_depend_on_the_rows_beside(
    name: str, params: dict[str, object], catalog: Catalog
) -> None:
    made = encoder(name, **params)
    described = made.describe(catalog)
    made.fit_described(described.take(np.arange(40)))
    together = made.transform_described(described).matrix
    dice = np.random.default_rng(0)
    for some in (np.array([11]), dice.permutation(60), np.array([3, 11, 50])):
        found = made.transform_described(described.take(some)).matrix
        assert found.tobytes() == together[some].tobytes()
    alone = made.transform(catalog.take([11])).matrix
    assert alone.tobytes() == together[[11]].tobytes()


def test_stages_agree_with_fit_and_transform(catalog: Catalog) -> None:
    one, other = encoder("descriptors"), encoder("descriptors")
    described = one.describe(catalog)
    staged = one.fit_described(described).transform_described(described)
    assert staged.matrix.tobytes() == other.fit(catalog).transform(catalog).matrix.tobytes()


def test_stripes_are_told_apart_and_bundled(catalog: Catalog, tmp_path: Path) -> None:
    settings = [
        "folds=3",
        "learning_curve=false",
        "image.encoders=[{use: descriptors, components: 20}, {use: sift, words: 12}, glcm]",
    ]
    model = ProductClassifier(settings=settings).fit(catalog)
    assert model.metrics_["experts"]["image"] > 0.9
    model.save(tmp_path / "m.aisle")
    again = ProductClassifier.load(tmp_path / "m.aisle")
    assert again.predict(catalog).equals(model.predict(catalog))


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((1, 1, 3)), np.full((5, 400, 3), 255), np.full((300, 2, 3), 90), np.zeros((9, 9, 3))],
    ids=["one black pixel", "blank white strip", "thin grey strip", "black"],
)
def test_photographs_without_anything_to_see(pixels: np.ndarray, tmp_path: Path) -> None:
    Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "odd.png")
    rows = [{"photo": str(tmp_path / "odd.png"), "kind": "a"}] * 2
    catalog = Catalog.read(rows, target="kind", roles=ROLES)
    kinds = ["colour", "hog", "lbp", "glcm", "gabor", "sift", "outline"]
    features = encoder("descriptors", kinds=kinds).fit(catalog).transform(catalog)
    assert features.present.all()
    assert np.isfinite(features.matrix).all()


def test_no_photograph_at_all_is_no_error(folder: Path) -> None:
    rows = [{"photo": None, "kind": "a"}, {"photo": str(folder / "broken.jpg"), "kind": "b"}]
    catalog = Catalog.read(rows, target="kind", roles=ROLES)
    kinds = ["glcm", "sift", "hog"]
    features = encoder("descriptors", kinds=kinds, components=3).fit(catalog).transform(catalog)
    assert isinstance(features, Features)
    assert not features.present.any()


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"kinds": ["hogg"]}, "there is no image descriptor 'hogg'.*did you mean 'hog'"),
        ({"kinds": []}, "at least one of"),
        ({"side": 4}, "side"),
    ],
)
def test_mistakes_in_a_recipe_are_told(
    params: dict[str, object], message: str, catalog: Catalog
) -> None:
    with pytest.raises(RecipeError, match=f"(?i){message}"):
        encoder("descriptors", **params).fit(catalog)


def test_a_wrong_parameter_or_column_is_told(catalog: Catalog) -> None:
    with pytest.raises(RecipeError, match="words"):
        encoder("hog", words=3)
    with pytest.raises(RecipeError, match="does not have"):
        encoder("hog", columns=["picture"]).fit(catalog)


def test_descriptions_are_the_same_for_any_number_of_blas_threads(folder: Path) -> None:
    code = (
        "import hashlib, sys\n"
        "from aisle import Catalog\n"
        "from aisle.encoders import make_encoder\n"
        "rows = [{'photo': f'{sys.argv[1]}/{n}.png'} for n in range(12)]\n"
        "catalog = Catalog.read(rows, roles={'photo': 'image'})\n"
        "kinds = ['colour', 'hog', 'lbp', 'glcm', 'gabor', 'sift', 'outline']\n"
        "made = make_encoder('descriptors', {'kinds': kinds, 'components': 5})\n"
        "matrix = made.fit(catalog).transform(catalog).matrix\n"
        "print(hashlib.sha256(matrix.tobytes()).hexdigest())\n"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code, str(folder)],
            env={**os.environ, "OPENBLAS_NUM_THREADS": str(threads)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for threads in (1, 2)
    }
    assert len(found) == 1
