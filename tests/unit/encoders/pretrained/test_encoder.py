"""Networks as encoders: absence, scales, copies, and bundles from strangers."""

from __future__ import annotations

import builtins
import copy
import io
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.base import clone

from aisle import Catalog
from aisle.encoders import Features
from aisle.encoders.pretrained import encoder as encoder_module
from aisle.encoders.pretrained.encoder import PretrainedImageEncoder, PretrainedTextEncoder
from aisle.errors import AisleError, EncoderError, RecipeError
from aisle.models.persistence import Dumped, dump, restore
from aisle.models.persistence.tree import from_json, to_json
from aisle.models.types import component_types
from tests.unit.encoders.pretrained.networks import (
    WIDTH,
    helper,
    image_folder,
    image_network,
    model,
    onnx,
    pooled_network,
    tensor,
    text_folder,
)

Encoder = PretrainedTextEncoder | PretrainedImageEncoder


def picture(seed: int, size: tuple[int, int] = (30, 20)) -> bytes:
    rng = np.random.default_rng(seed)
    buffer = io.BytesIO()
    Image.fromarray(rng.integers(0, 256, (*size, 3), dtype=np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two tiny encoders, and caches of this test's own."""
    monkeypatch.setenv("AISLE_ENCODERS", str(tmp_path / "home"))
    monkeypatch.setenv("AISLE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("AISLE_FEATURE_CACHE", "off")
    text_folder(tmp_path / "home")
    image_folder(tmp_path / "home")
    image_folder(tmp_path / "home", image_network(low=-1e9), name="signed-image")
    return tmp_path / "home"


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    """Products with and without texts and photographs, one of these broken."""
    titles = ["red mug", "lamp 10.00", "", "  -- ", None, "boot leather", "red mug", "größe 商品"]
    (tmp_path / "broken.png").write_bytes(picture(0)[:40])
    for at in range(6):
        (tmp_path / f"{at}.png").write_bytes(picture(at, (20 + at, 30)))
    photos = ["0.png", "broken.png", None, "1.png", "2.png", "none.png", "0.png", "3.png"]
    rows = [
        {"sku": f"S{at}", "title": title, "photo": photo and str(tmp_path / photo)}
        for at, (title, photo) in enumerate(zip(titles, photos, strict=True))
    ]
    return Catalog.read(rows, roles={"sku": "id", "title": "text", "photo": "image"})


def texts(**params: Any) -> PretrainedTextEncoder:
    return PretrainedTextEncoder("tiny-text", **params)


def images(**params: Any) -> PretrainedImageEncoder:
    return PretrainedImageEncoder("tiny-image", **params)


BOTH = pytest.mark.parametrize("make", [texts, images])


def lengths(features: Features) -> np.ndarray:
    return np.linalg.norm(features.matrix[features.present], axis=1)


def test_texts_without_a_letter_or_a_digit_are_absent(home: Path, catalog: Catalog) -> None:
    features = texts().fit(catalog).transform(catalog)
    assert features.present.tolist() == [True, True, False, False, False, True, True, True]
    assert (features.matrix.shape, features.matrix.dtype) == ((8, WIDTH), np.float32)
    assert not features.matrix[~features.present].any()
    assert np.array_equal(features.matrix[0], features.matrix[6])
    np.testing.assert_allclose(lengths(features), 1, atol=1e-6)
    assert not features.errors


def test_photographs_that_cannot_be_read_are_absent_and_told(home: Path, catalog: Catalog) -> None:
    features = images().fit(catalog).transform(catalog)
    assert features.present.tolist() == [True, False, False, True, True, False, True, True]
    assert (features.matrix.shape, features.matrix.dtype) == ((8, 12), np.float32)
    assert not features.matrix[~features.present].any()
    assert sorted(features.errors) == [1, 5]
    assert "broken.png" in features.errors[1]
    assert "there is no such file" in features.errors[5]


@BOTH
@pytest.mark.parametrize("params", [{}, {"components": 2}, {"scale": "root"}, {"scale": "none"},
                                    {"weight": 0.5}])  # fmt: skip
def test_features_do_not_depend_on_the_rows_beside(
    home: Path, catalog: Catalog, make: Callable[..., Encoder], params: dict[str, Any]
) -> None:
    fitted = make(**params).fit(catalog)
    whole = fitted.transform(catalog)
    for order in (range(8), [7, 0, 0, 3, 1], range(7, -1, -1)):
        rows = np.array(list(order))
        some = fitted.transform(catalog.take(rows))
        assert some.matrix.tobytes() == whole.matrix[rows].tobytes()
        assert some.present.tolist() == whole.present[rows].tolist()
    for row in range(8):
        alone = fitted.transform(catalog.take([row]))
        assert alone.matrix.tobytes() == whole.matrix[[row]].tobytes()
    assert fitted.transform(catalog.take([])).matrix.shape == (0, whole.dimension)


@BOTH
def test_two_stages_give_what_one_gives(
    home: Path, catalog: Catalog, make: Callable[..., Encoder]
) -> None:
    one, two = make(components=2), make(components=2)
    described = two.describe(catalog)
    before = described.matrix.copy()
    two.fit_described(described)
    assert np.array_equal(two.transform_described(described).matrix,
                          one.fit(catalog).transform(catalog).matrix)  # fmt: skip
    assert np.array_equal(described.matrix, before)


def test_scales(home: Path, catalog: Catalog) -> None:
    for encoder in (images(), PretrainedImageEncoder("signed-image")):
        described = encoder.describe(catalog)
        rows = described.matrix[described.present]
        rooted = np.sign(rows) * np.sqrt(np.abs(rows))
        expected = {
            "none": rows,
            "length": rows / np.linalg.norm(rows, axis=1, keepdims=True),
            "root": rooted / np.linalg.norm(rooted, axis=1, keepdims=True),
        }
        expected["auto"] = expected["root" if rows.min() >= 0 else "length"]
        for scale, wanted in expected.items():
            encoder.set_params(scale=scale, weight=2.0)
            found = encoder.fit_described(described).transform_described(described)
            np.testing.assert_allclose(
                found.matrix[found.present], 2 * wanted, rtol=1e-5, atol=1e-6
            )
    assert rows.min() < 0
    with pytest.raises(RecipeError, match="expected one of auto, root, length, none, found 'log'"):
        images(scale="log").fit_described(described)


def test_components_are_principal(home: Path, catalog: Catalog) -> None:
    plain = texts().fit(catalog).transform(catalog)
    reduced = texts(components=2).fit(catalog).transform(catalog)
    assert reduced.dimension == 2
    rows = plain.matrix[plain.present].astype(np.float64)
    values = np.linalg.svd(rows - rows.mean(axis=0), compute_uv=False)
    found = np.linalg.norm(reduced.matrix[reduced.present], axis=0)
    np.testing.assert_allclose(found, values[:2], rtol=1e-3)
    assert not reduced.matrix[~reduced.present].any()


@BOTH
def test_nothing_to_learn_from_and_nothing_to_read(
    home: Path, catalog: Catalog, make: Callable[..., Encoder]
) -> None:
    for params in ({}, {"components": 3}, {"scale": "root"}):
        fitted = make(**params).fit(catalog.take([2]))
        features = fitted.transform(catalog.take([2, 0]))
        assert features.present.tolist() == [False, True]
        assert np.isfinite(features.matrix).all()


def test_a_layer_can_be_asked_for(home: Path, catalog: Catalog) -> None:
    hidden = texts(layer="summed", scale="none").fit(catalog).transform(catalog)
    assert hidden.matrix.shape == (8, WIDTH)
    maps = images(layer="maps").fit(catalog).transform(catalog)
    assert maps.matrix.min() < 0
    with pytest.raises(EncoderError, match="computes no tensor 'nosuch'"):
        texts(layer="nosuch").fit(catalog)
    with pytest.raises(EncoderError, match="no network of precision 'float16'"):
        texts(precision="float16").fit(catalog)


def test_prices_are_masked_where_they_are_the_target(home: Path) -> None:
    rows = [{"title": f"red mug Rs. {price}"} for price in ("100", "999")]
    priced = Catalog.read(rows, roles={"title": "text"})
    seen = texts().fit(priced).transform(priced).matrix
    masked = texts(mask_prices=True).fit(priced).transform(priced).matrix
    assert np.array_equal(masked[0], masked[1])
    assert seen.shape == masked.shape


def test_columns_can_be_named(home: Path, catalog: Catalog) -> None:
    named = texts(columns=["title"]).fit(catalog).transform(catalog)
    assert np.array_equal(named.matrix, texts().fit(catalog).transform(catalog).matrix)
    with pytest.raises(RecipeError, match="Did you mean 'title'"):
        texts(columns=["titel"]).fit(catalog)


@BOTH
def test_parameters_are_kept_and_cloned(
    home: Path, catalog: Catalog, make: Callable[..., Encoder]
) -> None:
    encoder = make(components=2, weight=0.5).fit(catalog)
    assert encoder.get_params()["components"] == 2
    copied = clone(encoder)
    assert type(copied) is type(encoder)
    assert copied.get_params() == encoder.get_params()
    assert not hasattr(copied, "onnx_")


@BOTH
def test_copies_share_the_network(
    home: Path, catalog: Catalog, make: Callable[..., Encoder], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Training copies encoders for every fold: the file is read once, and is in memory once."""
    encoder = make()
    described = encoder.describe(catalog)
    monkeypatch.setattr(encoder_module, "find_folder", lambda name: pytest.fail("read again"))
    copies = [copy.deepcopy(encoder).fit_described(described) for _ in range(3)]
    assert {id(one.onnx_) for one in copies} == {id(encoder.onnx_)}
    assert {id(one._network) for one in copies} == {id(encoder._network)}
    copies[0].description_["name"] = "changed"
    assert copies[1].description_["name"] != "changed"


@BOTH
def test_an_encoder_travels_to_other_processes(
    home: Path, catalog: Catalog, make: Callable[..., Encoder]
) -> None:
    encoder = make().fit(catalog)
    expected = encoder.transform(catalog).matrix.tobytes()
    sent = pickle.dumps(encoder)
    assert len(sent) < len(encoder.onnx_) + 10_000
    del encoder
    shutil.rmtree(home)
    found = pickle.loads(sent)  # noqa: S301
    assert found.transform(catalog).matrix.tobytes() == expected


def test_another_network_is_taken_when_the_parameter_changes(home: Path, catalog: Catalog) -> None:
    encoder = images(scale="none").fit(catalog)
    before = encoder.transform(catalog).matrix
    encoder.set_params(scale="length")
    assert hasattr(encoder, "onnx_")
    encoder.set_params(network="signed-image", scale="none").fit(catalog)
    fresh = PretrainedImageEncoder("signed-image", scale="none").fit(catalog)
    assert encoder.transform(catalog).matrix.tobytes() == fresh.transform(catalog).matrix.tobytes()
    assert encoder.transform(catalog).matrix.min() < 0 <= before.min()
    assert encoder.description_["name"] == "signed-image"


@BOTH
def test_what_ran_is_what_is_saved_though_the_folder_changes(
    home: Path, catalog: Catalog, make: Callable[..., Encoder]
) -> None:
    encoder = make()
    described = encoder.describe(catalog)
    shutil.rmtree(home)
    encoder.fit_described(described)
    stored = restored(encoder)
    assert stored.transform(catalog).matrix.tobytes() == encoder.transform(catalog).matrix.tobytes()


def test_a_licence_is_asked_about_before_training_and_not_after(
    home: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AISLE_ACCEPT_LICENCE", raising=False)
    image_folder(home, commercial=False, name="private", licence="CC-BY-NC-4.0")
    encoder = PretrainedImageEncoder("private")
    with pytest.raises(EncoderError, match="forbids commercial use"):
        encoder.fit(catalog)
    monkeypatch.setenv("AISLE_ACCEPT_LICENCE", "1")
    stored = restored(encoder.fit(catalog))
    monkeypatch.delenv("AISLE_ACCEPT_LICENCE")
    assert stored.transform(catalog).present.any()


def test_a_pair_is_carried_one_half_at_a_time(home: Path, catalog: Catalog) -> None:
    from aisle.encoders.pretrained.folder import TOKENIZER, parse_description, write_folder
    from tests.unit.encoders.pretrained.networks import tokenizer

    content = {
        "name": "pair", "modality": "image-text", "dimension": 8, "text": {"max_tokens": 16},
        "image": {"size": [16, 16]}, "zero_shot": {}, "temperature": 100.0,
        "networks": [{"file": "t.onnx", "tower": "text"}, {"file": "i.onnx", "tower": "image"}],
    }  # fmt: skip
    files = {"t.onnx": pooled_network(), "i.onnx": image_network(), TOKENIZER: tokenizer()}
    write_folder(home / "pair", parse_description(content, "test"), files)
    for make, alone in ((PretrainedTextEncoder, texts()), (PretrainedImageEncoder, images())):
        half = make("pair").fit(catalog)
        other = "image" if half.tower == "text" else "text"
        assert half.description_["modality"] == half.tower
        assert not {other, "zero_shot"} & half.description_.keys()
        assert half.onnx_ in files.values()
        expected = alone.fit(catalog).transform(catalog).matrix
        assert restored(half).transform(catalog).matrix.tobytes() == expected.tobytes()


def restored(encoder: Encoder, change: Callable[[Any], None] = lambda state: None) -> Any:
    """Take an encoder apart and put it together again; `change` is given its state."""
    types = component_types()
    dumped = dump(encoder, types=types)
    tree = from_json(to_json(dumped.tree), "tree")
    parts = dict(dumped.parts)
    change((tree, parts))
    return restore(Dumped(tree, parts), types=types)


@BOTH
def test_a_bundle_holds_all_that_is_needed(
    home: Path, catalog: Catalog, make: Callable[..., Encoder], monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = make(components=3).fit(catalog)
    expected = encoder.transform(catalog)
    types = component_types()
    kept, again = (dump(e, types=types) for e in (encoder, make(components=3).fit(catalog)))
    assert (kept.tree, kept.parts) == (again.tree, again.parts)
    shutil.rmtree(home)
    monkeypatch.setattr(encoder_module, "find_folder", lambda name: pytest.fail("looked for"))
    stored = restored(encoder)
    found = stored.transform(catalog)
    assert found.matrix.tobytes() == expected.matrix.tobytes()
    assert found.errors == expected.errors
    assert dump(stored, types=types).parts == kept.parts


def outside() -> bytes:
    """A network whose weights lie at an absolute path."""
    proto = onnx.load_model_from_string(pooled_network())
    weight = proto.graph.initializer[0]
    onnx.external_data_helper.set_external_data(weight, "/etc/passwd")
    weight.ClearField("raw_data")
    weight.data_location = onnx.TensorProto.EXTERNAL
    return proto.SerializeToString()


def greedy() -> bytes:
    """A network that asks for more memory than there is."""
    nodes = [
        helper.make_node("ConstantOfShape", ["huge"], ["many"]),
        helper.make_node("ReduceSum", ["many"], ["embedding"], keepdims=1),
        *(helper.make_node("Identity", [n], [f"{n}_"]) for n in ("input_ids", "attention_mask")),
    ]
    from tests.unit.encoders.pretrained.networks import TOKEN_INPUTS

    return model(nodes, TOKEN_INPUTS, {"embedding": [1, 8]}, [tensor("huge", [1, 2**50], np.int64)])


STRANGE: dict[str, dict[str, Any]] = {
    "tokenizer garbage": {"tokenizer_": b"garbage"},
    "tokenizer empty": {"tokenizer_": b""},
    "tokenizer a number": {"tokenizer_": 3},
    "tokenizer gone": {"tokenizer_": None},
    "network garbage": {"onnx_": b"\x08\x08garbage"},
    "network empty": {"onnx_": b""},
    "network a text": {"onnx_": "../../etc/passwd"},
    "network a list": {"onnx_": [8, 8]},
    "network elsewhere": {"onnx_": outside()},
    "network of another kind": {"onnx_": image_network()},
    "network greedy": {"onnx_": greedy()},
    "description a list": {"description_": []},
    "description empty": {"description_": {}},
    "description of an image": {"description_": {"modality": "image"}},
}


@pytest.mark.parametrize("name", STRANGE)
def test_a_strangers_state_is_refused_and_opens_no_file(
    home: Path, catalog: Catalog, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = restored(texts().fit(catalog))
    for attribute, value in STRANGE[name].items():
        if value is None:
            delattr(stored, attribute)
        else:
            setattr(stored, attribute, value)
    opened: list[object] = []
    monkeypatch.setattr(encoder_module, "find_folder", lambda name: pytest.fail("looked for"))
    open_file = builtins.open
    monkeypatch.setattr(builtins, "open", lambda *a, **k: opened.append(a[0]) or open_file(*a, **k))
    # What a bundle's reader turns into a BundleError.
    with pytest.raises((AisleError, LookupError, TypeError, ValueError, AttributeError)):
        stored.transform(catalog)
    assert not [path for path in opened if "passwd" in str(path)]


@pytest.mark.parametrize(
    "change",
    [
        {"networks": [{"file": "/etc/passwd"}]},
        {"networks": []},
        {"modality": "image"},
        {"text": {"max_tokens": -1}},
        {"text": {"max_tokens": 8, "pad_to": 9, "pad_token": "[NONE]"}},
        {"format": 99},
    ],
    ids=range(6),
)
def test_a_strangers_description_is_refused(
    home: Path, catalog: Catalog, change: dict[str, Any]
) -> None:
    stored = restored(texts().fit(catalog))
    stored.description_ = {**stored.description_, **change}
    with pytest.raises(EncoderError):
        stored.transform(catalog)
