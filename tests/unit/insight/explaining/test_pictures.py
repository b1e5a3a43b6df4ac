"""Maps of evidence over photographs."""

from __future__ import annotations

import numpy as np
import pytest

from aisle import Catalog, ProductClassifier
from aisle.insight.explaining import pictures
from aisle.insight.explaining.activation import activation_map, find_last_maps
from aisle.insight.explaining.deletion import STEPS
from aisle.insight.explaining.gradients import load_grad_cam, narrow_places
from aisle.insight.explaining.occlusion import occlusion_map
from aisle.insight.explaining.overlay import overlay
from aisle.insight.explaining.pictures import Lookouts, explain_picture, on_cells
from aisle.insight.explaining.question import ClassQuestion
from aisle.insight.explaining.rollout import find_roll_out, patches, rolled_out
from aisle.insight.explaining.sights import CatalogSight, NetworkSight, find_sight
from aisle.insight.explaining.slopes import embedding_slopes
from aisle.neural.importing.graph import read_graph
from tests.unit.insight.explaining.conftest import ask, corner, fitted


def sight_of(model: ProductClassifier, catalog: Catalog, row: int = 0) -> NetworkSight:
    code = model.classes_.index(str(catalog.labels[row]))
    found = find_sight(ask(model, catalog, ClassQuestion(code), name="image", row=row))
    assert isinstance(found, NetworkSight)
    return found


def half_of(grid: np.ndarray) -> tuple[int, int]:
    """Return the quarter of a map that holds most."""
    side = len(grid) // 2
    sums = [[grid[:side, :side].sum(), grid[:side, side:].sum()],
            [grid[side:, :side].sum(), grid[side:, side:].sum()]]  # fmt: skip
    top, left = np.unravel_index(np.argmax(sums), (2, 2))
    return int(top), int(left)


def test_the_last_maps_are_found_and_their_shares_are_the_score(
    seeing: ProductClassifier, pictured: Catalog
) -> None:
    sight = sight_of(seeing, pictured)
    last = find_last_maps(sight.encoder, sight.network.normalised(sight.frame))
    assert last is not None
    assert (last.tensor, last.channels_last, last.flat) == ("maps2", False, False)
    grid, how = activation_map(sight, last)
    assert grid.shape == (8, 8)
    assert how == "exact shares of a linear head"
    head = sight.asked.expert.head
    direction = sight.asked.question.of_scores(sight.asked.expert, sight.asked.scores)
    slopes = head.weights_ @ direction
    assert grid.sum() == pytest.approx(float(sight.asked.gathered.matrix[0] @ slopes), rel=1e-3)


def test_maps_that_are_laid_out_flat_need_no_mean(
    seeing: ProductClassifier, pictured: Catalog
) -> None:
    sight = sight_of(seeing, pictured)
    encoder = type(sight.encoder)("tiny-image", layer="maps2")
    encoder.description_, encoder.onnx_ = sight.encoder.description_, sight.encoder.onnx_
    last = find_last_maps(encoder, sight.network.normalised(sight.frame))
    assert last is not None
    assert last.flat
    by_number = np.arange(12 * 64, dtype=np.float64)
    grid = last.share_out(np.zeros((12, 8, 8)), by_number)
    assert grid[0, 0] == pytest.approx(sum(64 * channel for channel in range(12)))


def test_grad_cam_at_the_last_layer_is_the_map_without_a_gradient(
    seeing: ProductClassifier, pictured: Catalog
) -> None:
    """Two ways to one quantity: PyTorch and Captum, and ONNX Runtime alone."""
    pytest.importorskip("captum")
    sight = sight_of(seeing, pictured, row=4)
    prepared = sight.network.normalised(sight.frame)
    network = load_grad_cam(sight.encoder, prepared)
    assert network is not None
    assert list(network.layers) == ["maps1", "maps2"]
    found = network.maps(prepared, embedding_slopes(sight))
    assert [layer for layer, _ in found] == ["maps2", "maps1"]
    assert [grid.shape for _, grid in found] == [(8, 8), (16, 16)]
    last = find_last_maps(sight.encoder, prepared)
    assert last is not None
    plain, _ = activation_map(sight, last)
    # The gradient of a square root is half of it by the number under it.
    assert np.allclose(plain, 2 * found[0][1], rtol=1e-2, atol=1e-4 * np.abs(plain).max())


def test_slopes_are_the_gradient(seeing: ProductClassifier, pictured: Catalog) -> None:
    sight = sight_of(seeing, pictured)
    slopes = embedding_slopes(sight, length_held=False)
    vector = sight.network.run(sight.network.normalised(sight.frame))
    at = int(np.argmax(vector))
    step = 0.01 * vector[at]
    moved = np.tile(vector, (2, 1))
    moved[0, at] += step
    moved[1, at] -= step
    told = sight.of_vectors(moved)
    assert slopes[at] == pytest.approx((told[0] - told[1]) / (2 * step), rel=0.05)
    # A vector that is brought to one length says the same at any length.
    assert float(slopes @ vector) == pytest.approx(0, abs=0.02 * float(np.abs(slopes) @ vector))


def test_narrow_places_are_where_a_network_can_be_cut(seeing: ProductClassifier) -> None:
    pytest.importorskip("torch")
    (encoder,) = (seeing.plan_.encoders[n] for n in seeing.plan_.experts["image"].parts["image"])
    graph = read_graph(encoder.onnx_, "tiny", ["embedding"])
    assert narrow_places(graph) == ["a1", "maps1", "a2", "maps2", "pooled"]


def test_blurring_a_place_lowers_the_answer_where_the_square_is(
    seeing: ProductClassifier, pictured: Catalog
) -> None:
    rows = [0, 3, 6, 9]
    found = [half_of(occlusion_map(sight_of(seeing, pictured, row))) for row in rows]
    assert found == [corner(row) for row in rows]


def test_pictures_come_with_maps_and_curves(seeing: ProductClassifier, pictured: Catalog) -> None:
    code = seeing.classes_.index(str(pictured.labels[0]))
    asked = ask(seeing, pictured, ClassQuestion(code), name="image")
    found = explain_picture(asked, Lookouts())
    assert found is not None
    assert found.pixels.shape == (32, 32, 3)
    methods = [one.method for one in found.maps]
    assert "cam" in methods
    assert [one.deletion.area for one in found.maps] == sorted(
        one.deletion.area for one in found.maps
    )
    for one in found.maps:
        assert one.deletion.shares == STEPS
        assert one.deletion.own[0] == pytest.approx(found.answer)
        assert overlay(one).startswith("data:image/png;base64,")


def test_without_pytorch_the_map_stays_and_the_reason_is_told(
    seeing: ProductClassifier, pictured: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aisle.errors import EncoderError

    def missing(*_: object) -> None:
        raise EncoderError('this needs torch: pip install "aisle[deep]"')

    monkeypatch.setattr(pictures, "load_grad_cam", missing)
    monkeypatch.setattr(pictures, "find_roll_out", missing)
    asked = ask(seeing, pictured, ClassQuestion(0), name="image")
    lookouts = Lookouts()
    for _ in range(2):
        found = explain_picture(asked, lookouts)
        assert found is not None
        assert [one.method for one in found.maps] == ["cam"]
        assert found.notes == ('this needs torch: pip install "aisle[deep]"',)


def test_attention_is_rolled_out(attending: ProductClassifier, pictured: Catalog) -> None:
    pytest.importorskip("onnx")
    sight = sight_of(attending, pictured)
    prepared = sight.network.normalised(sight.frame)
    found = find_roll_out(sight.encoder, prepared)
    assert found is not None
    assert list(found.layers) == ["attention"]
    grid = found.of(prepared)
    assert grid.shape == (4, 4)
    assert grid.sum() == pytest.approx(1)
    picture = explain_picture(sight.asked, Lookouts())
    assert picture is not None
    # What was looked at does not say for which class: occlusion does.
    assert {one.method for one in picture.maps} == {"roll-out", "occlusion"}
    assert {one.signed for one in picture.maps if one.method == "roll-out"} == {False}


def test_roll_out_multiplies_layers_and_keeps_half() -> None:
    """Two tokens of a class and four patches: what the class attends to is what it sees."""
    first = np.eye(5)
    second = np.eye(5)
    second[0] = [0, 0, 0, 0, 1.0]
    grid = rolled_out([first[None], second[None]])
    assert grid.tolist() == [[0, 0], [0, 1]]
    third = np.eye(5)
    third[0] = [0, 1.0, 0, 0, 0]
    mixed = rolled_out([first[None], second[None], third[None]])
    assert mixed[1, 1] == pytest.approx(1 / 3)
    assert mixed[0, 0] == pytest.approx(2 / 3)
    assert patches(197) == (14, 1)
    assert patches(16) == (4, 0)


def test_encoders_that_cut_for_themselves_are_shown_whole_photographs(pictured: Catalog) -> None:
    model = fitted(pictured, "image.encoders=[colour]")
    asked = ask(model, pictured, ClassQuestion(0), name="image")
    sight = find_sight(asked)
    assert isinstance(sight, CatalogSight)
    whole = sight.evidence([sight.frame])
    assert whole[0] == pytest.approx(asked.evidence, abs=1e-6)
    found = explain_picture(asked, Lookouts())
    assert found is not None
    assert [one.method for one in found.maps] == ["occlusion"]


def test_a_product_without_a_photograph_has_no_picture(
    seeing: ProductClassifier, pictured: Catalog
) -> None:
    asked = ask(seeing, pictured, ClassQuestion(0), name="image", row=5)
    assert explain_picture(asked, Lookouts()) is None


def test_maps_are_brought_to_the_cells_that_are_blurred() -> None:
    coarse = on_cells(np.arange(16.0).reshape(4, 4))
    assert coarse.shape == (14, 14)
    assert coarse[0, 0] < coarse[-1, -1]
    fine = on_cells(np.ones((28, 28)))
    assert np.allclose(fine, 1)
