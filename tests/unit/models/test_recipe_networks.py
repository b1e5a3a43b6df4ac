"""Recipes that name pretrained networks: what is at hand decides, and it is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from aisle import Catalog, ProductClassifier
from aisle.catalog import Task
from aisle.errors import RecipeError
from aisle.models import Recipe
from aisle.models.plan import make_plan
from aisle.models.recipe import Part, first_at_hand, lacking_networks, recipe_of_auto
from tests.products import product_rows
from tests.unit.encoders.pretrained.networks import image_folder, text_folder

NEEDED = ("all-minilm-l6-v2", "clip-vit-b32")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AISLE_ENCODERS", str(tmp_path))
    monkeypatch.setenv("AISLE_CACHE", str(tmp_path / "cache"))
    return tmp_path


def load(*settings: str, recipe: str | Path = "balanced", task: Task = Task.CLASSIFY) -> Recipe:
    return Recipe.load(recipe, task, settings)


def image_encoder(recipe: Recipe) -> str:
    (part,) = recipe.experts["image"].encoders
    return part.use


def test_auto_is_fast_without_networks_and_balanced_with_them(home: Path) -> None:
    assert (recipe_of_auto(), lacking_networks("balanced")) == ("fast", NEEDED)
    assert load(recipe="auto").name == "fast"
    text_folder(home, name="all-minilm-l6-v2")
    assert lacking_networks("balanced") == NEEDED[1:]
    assert load(recipe="auto").name == "fast"
    image_folder(home, name="clip-vit-b32")
    assert (recipe_of_auto(), lacking_networks("balanced")) == ("balanced", ())
    for task in Task:
        auto = load(recipe="Auto", task=task)
        assert auto.name == "balanced"
        assert [part.use for part in auto.experts["text"].encoders][-1] == "all-minilm-l6-v2"
    assert lacking_networks("fast") == lacking_networks("nothing") == ()


def test_auto_asks_for_networks_of_what_the_catalogue_has(home: Path) -> None:
    text_folder(home, name="all-minilm-l6-v2")
    assert recipe_of_auto(["text", "metadata"]) == "balanced"
    assert recipe_of_auto(["text", "image"]) == recipe_of_auto(["metadata"]) == "fast"
    assert lacking_networks("balanced", ["text", "image"]) == NEEDED[1:]


def test_a_catalogue_without_photographs_needs_no_image_network(home: Path) -> None:
    text_folder(home, name="all-minilm-l6-v2")
    texts = Catalog.read(product_rows(40), target="kind")
    for recipe in ("balanced", "auto"):
        model = ProductClassifier(recipe, settings=["folds=2", "learning_curve=false"]).fit(texts)
        assert model.recipe_.name == "balanced"
        assert "text" in model.plan_.experts


def test_a_damaged_folder_is_not_at_hand(home: Path) -> None:
    text_folder(home, name="all-minilm-l6-v2")
    made = image_folder(home, name="clip-vit-b32")
    (made.path / "model.onnx").unlink()
    assert recipe_of_auto() == "fast"


def test_the_first_network_at_hand_is_taken(home: Path) -> None:
    assert image_encoder(load()) == "clip-vit-b32"  # the easiest to pull, where none is at hand
    image_folder(home, name="mobilenet-edgetpu-100")
    assert image_encoder(load()) == "mobilenet-edgetpu-100"
    image_folder(home, name="clip-vit-b32")
    assert image_encoder(load()) == "clip-vit-b32"
    image_folder(home, name="siglip2-base")
    assert image_encoder(load()) == "siglip2-base"
    assert first_at_hand(["a", "siglip2_base", "clip-vit-b32"]) == "siglip2_base"
    assert first_at_hand(["a", "b"]) == "b"


def test_what_was_chosen_stays_when_more_comes(home: Path) -> None:
    image_folder(home, name="clip-vit-b32")
    recipe = load()
    image_folder(home, name="siglip2-base")
    assert image_encoder(Recipe.load(recipe, Task.CLASSIFY, ["folds=3"])) == "clip-vit-b32"
    assert image_encoder(Recipe.model_validate(recipe.model_dump(mode="json"))) == "clip-vit-b32"


def test_a_file_and_a_setting_may_name_several(home: Path) -> None:
    image_folder(home)
    path = home / "mine.yaml"
    path.write_text("image:\n  encoders: [{use: [none-such, tiny-image], components: 4}]\n")
    (part,) = load(recipe=path).experts["image"].encoders
    assert (part.use, part.params) == ("tiny-image", {"components": 4})
    chosen = load("image.encoders=[{use: [none-such, tiny-image]}, descriptors]")
    assert [p.use for p in chosen.experts["image"].encoders] == ["tiny-image", "descriptors"]


@pytest.mark.parametrize("names", ["[]", "{}", "3", "[[]]", "[null]"])
def test_names_that_are_none_are_refused_or_not_found(home: Path, names: str) -> None:
    with pytest.raises(RecipeError):
        make_plan(load(f"text.encoders=[{{use: {names}}}]"), words(), seed=0)


def test_a_recipe_that_is_not_loaded_looks_for_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a bundle from a stranger: its recipe names no files of this machine."""
    monkeypatch.setattr("aisle.models.recipe.has_folder", lambda name: pytest.fail("looked for"))
    with pytest.raises(ValueError, match="valid string"):
        Part.model_validate({"use": ["/etc", "tfidf"]})
    assert Part.model_validate("tfidf").use == "tfidf"


def words() -> Catalog:
    rows = [{"title": f"mug number {at}", "kind": "ab"[at % 2]} for at in range(12)]
    return Catalog.read(rows, target="kind", roles={"title": "text"})


def test_one_encoder_can_be_exchanged_by_position(home: Path) -> None:
    text_folder(home)
    recipe = load("text.encoders.2=tiny-text", "text.encoders.2.scale=none", "image=null")
    assert [part.use for part in recipe.experts["text"].encoders] == ["tfidf", "tfidf", "tiny-text"]
    plan = make_plan(recipe, words(), seed=0)
    network = list(plan.encoders.values())[-1]
    assert network.get_params()["network"] == "tiny-text"
    assert network.get_params()["scale"] == "none"
    with pytest.raises(RecipeError, match="no position from 0 to 2"):
        load("text.encoders.3=tiny-text")


def test_a_network_that_is_not_there_is_explained(home: Path) -> None:
    text_folder(home)
    with pytest.raises(RecipeError, match=r"(?s)no encoder 'tiny-txt'.*Did you mean 'tiny-text'"):
        make_plan(load("image=null", "text.encoders.2=tiny-txt"), words(), seed=0)
    with pytest.raises(RecipeError, match=r"aisle encoders pull all-minilm-l6-v2"):
        ProductClassifier("balanced", ("image=null",)).fit(words())
    with pytest.raises(RecipeError, match="no parameter 'colour'"):
        make_plan(
            load("image=null", "text.encoders.2={use: tiny-text, colour: red}"), words(), seed=0
        )


def test_a_network_by_its_path(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = text_folder(home / "elsewhere")
    fitted = ProductClassifier(
        "fast", (f"text.encoders={made.path}", "folds=2", "learning_curve=false")
    ).fit(words())
    (network,) = fitted.plan_.encoders.values()
    assert network.get_params()["network"] == str(made.path)
    assert fitted.predict(words()).num_rows == 12
