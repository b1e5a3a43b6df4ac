"""The model card: what a model is, in words, inside its bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aisle.catalog import Role
from aisle.encoders.pretrained.encoder import PretrainedEncoder

if TYPE_CHECKING:
    from aisle.models.product_model import ProductModel


def model_card(model: ProductModel) -> str:
    """Describe a fitted model in Markdown.

    Source of the form: Mitchell et al., Model cards for model reporting, 2019.
    """
    schema = model.schema_
    columns = [
        f"| {column.name} | {column.role.value} | {column.reason} |" for column in schema.columns
    ]
    experts = ", ".join(
        f"{name} ({type(e.head).__name__})" for name, e in model.plan_.experts.items()
    )
    scores = [f"* {name}: {_shown(value)}" for name, value in model.metrics_.items()]
    return "\n".join(
        [
            f"# An Aisle {model.kind} of `{schema.target}`",
            "",
            f"Trained on {model.rows_:,} products, recipe `{model.recipe_.name}`, "
            f"seed {model.seed}.",
            "",
            f"Experts: {experts}. Fusion: {model.metrics_['fusion']}, chosen on out-of-fold rows.",
            "",
            *_pretrained(model),
            "## Columns",
            "",
            "| column | role | reason |",
            "| --- | --- | --- |",
            *columns,
            "",
            "## Out-of-fold scores",
            "",
            "Every training row was answered by a model that had not seen it or a near-duplicate.",
            "",
            *scores,
            "",
            "## Limits",
            "",
            "The scores hold for products like those of training "
            f"({', '.join(schema.names(Role.TEXT)) or 'no text'}); another shop, language or "
            "season needs an evaluation of its own, and a product of an unknown category is not "
            "recognised as such, though its confidence is usually low.",
            "",
        ]
    )


def _pretrained(model: ProductModel) -> list[str]:
    """List the networks that the model carries, and on what terms."""
    found = [
        encoder.description_
        for encoder in model.plan_.encoders.values()
        if isinstance(encoder, PretrainedEncoder)
    ]
    if not found:
        return []
    lines = [
        f"* {one['name']}: {one.get('source', 'unknown')}, licence {one.get('licence', 'unknown')}"
        + ("" if one.get("commercial", True) else " (no commercial use)")
        for one in found
    ]
    return ["## Pretrained networks inside", "", *lines, ""]


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shown(inner)}" for name, inner in value.items())
    return str(value)
