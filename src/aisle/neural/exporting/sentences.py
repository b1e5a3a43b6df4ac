"""Folders of sentence-transformers, read without that package."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aisle.errors import EncoderError
from aisle.neural.exporting import pooling
from aisle.neural.exporting.checkpoints import Checkpoint
from aisle.neural.exporting.draft import Draft, Options
from aisle.neural.exporting.texts import Sentence, draft_sentence
from aisle.neural.libraries import library

MODULES = "modules.json"

Layer = Callable[[Any], Any]
"""From vectors (batch, dimension) to vectors."""

# In the order in which sentence-transformers puts them beside one another.
_FLAGS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
_MODES = {
    "cls": pooling.first,
    "max": pooling.largest,
    "mean": pooling.mean,
    "mean_sqrt_len_tokens": pooling.root_mean,
    "weightedmean": pooling.weighted_mean,
    "lasttoken": pooling.last,
}
_ACTIVATIONS = ("Identity", "Tanh", "ReLU", "GELU", "Sigmoid", "SiLU", "LeakyReLU", "ELU")


@dataclass(frozen=True)
class _Prompts:
    """What is put before texts, and what else could be."""

    prefix: str
    notes: tuple[str, ...]


def draft_sentence_transformer(checkpoint: Checkpoint, options: Options) -> Draft:
    """Draft the folder of a text encoder of sentence-transformers.

    Raises
    ------
    EncoderError
        If it holds a module that is not known here, or `options` do not fit.
    """
    network, poolings, layers, normalised = _modules(checkpoint)
    inner = Checkpoint(checkpoint.path / network, checkpoint.label)
    pooled, note = _pooling(Checkpoint(checkpoint.path / poolings, checkpoint.label), options)
    told = inner.read("sentence_bert_config.json")
    prompts = _prompts(checkpoint, options)
    if prompts.prefix and not _pooling_config(checkpoint, poolings).get("include_prompt", True):
        raise EncoderError(
            f"{checkpoint.label}: leaves the prompt {prompts.prefix!r} out of its mean, which an "
            "encoder folder cannot say; export it with an empty prefix"
        )

    def whole(tokens: Any, mask: Any) -> Any:
        vectors = pooled(tokens, mask)
        for layer in layers:
            vectors = layer(vectors)
        return vectors

    sentence = Sentence(
        whole,
        normalised,
        told.get("max_seq_length"),
        bool(told.get("do_lower_case", False)),
        prompts.prefix,
        (note, *prompts.notes),
    )
    return draft_sentence(inner, sentence, options)


def _modules(checkpoint: Checkpoint) -> tuple[str, str, list[Layer], bool]:
    """Return the folders of the network and the pooling, the layers on top, whether normalised."""
    network, poolings, layers, normalised = None, None, [], False
    for module in checkpoint.read(MODULES):
        kind, path = str(module["type"]).rsplit(".", 1)[-1], module["path"]
        inside = Checkpoint(checkpoint.path / path, f"{checkpoint.label}/{path}")
        if kind == "Transformer" and network is None:
            network = path
        elif kind == "Pooling" and network is not None and poolings is None:
            poolings = path
        elif kind == "Dense" and poolings is not None:
            layers.append(_dense(inside))
        elif kind == "LayerNorm" and poolings is not None:
            layers.append(_layer_norm(inside))
        elif kind == "Normalize" and poolings is not None:
            normalised = True
            layers.append(pooling.unit)
        elif kind != "Dropout":
            hint = (
                f" Export the folder {path!r} in it, which holds the pair"
                if kind == "CLIPModel"
                else ""
            )
            raise EncoderError(
                f"{checkpoint.label}: {MODULES} names {module['type']!r}, which is not known here; "
                f"expected Transformer, Pooling, then Dense, LayerNorm, Normalize.{hint}"
            )
    if network is None or poolings is None:
        raise EncoderError(f"{checkpoint.label}: {MODULES} names no Transformer with a Pooling")
    # Only where nothing follows do the vectors keep their length of 1.
    normalised = normalised and layers[-1] is pooling.unit
    return network, poolings, layers, normalised


def _pooling_config(checkpoint: Checkpoint, folder: str) -> Mapping[str, Any]:
    config = Checkpoint(checkpoint.path / folder, checkpoint.label).read("config.json")
    return config if isinstance(config, dict) else {}


def _pooling(checkpoint: Checkpoint, options: Options) -> tuple[pooling.Pooling, str]:
    """Return how tokens become one vector, and a word on it."""
    if options.output is not None:
        if options.output not in pooling.POOLINGS:
            raise EncoderError(
                f"{checkpoint.label}: output {options.output!r}: expected one of "
                f"{', '.join(pooling.POOLINGS)}"
            )
        modes: Sequence[str] = [options.output]
        chosen = [pooling.POOLINGS[options.output]]
    else:
        config = checkpoint.read("config.json")
        named = config.get("pooling_mode") or [m for flag, m in _FLAGS.items() if config.get(flag)]
        modes = [named] if isinstance(named, str) else list(named)
        if not modes or any(mode not in _MODES for mode in modes):
            raise EncoderError(
                f"{checkpoint.label}: its pooling {', '.join(modes) or '(none)'} is not known "
                f"here; expected of {', '.join(_MODES)}"
            )
        chosen = [_MODES[mode] for mode in modes]

    def pooled(tokens: Any, mask: Any) -> Any:
        parts = [one(tokens, mask) for one in chosen]
        return parts[0] if len(parts) == 1 else library("torch", "deep").cat(parts, dim=1)

    return pooled, f"tokens are pooled by {' + '.join(modes)!r}"


def _weights(checkpoint: Checkpoint) -> Mapping[str, Any]:
    torch_files = library("safetensors.torch", "deep")
    path = checkpoint.path / "model.safetensors"
    if not path.is_file():
        raise EncoderError(
            f"{checkpoint.label}: has no model.safetensors; weights as pickles are not loaded, "
            "because they can run code. Save the model again with sentence-transformers"
        )
    try:
        found = torch_files.load_file(path)
    except (OSError, library("safetensors", "deep").SafetensorError) as error:
        raise EncoderError(f"{path}: cannot be read ({error})") from error
    return {name: tensor.float() for name, tensor in found.items()}


def _dense(checkpoint: Checkpoint) -> Layer:
    """Return a matrix product and what follows on it, as in distiluse."""
    torch = library("torch", "deep")
    config, weights = checkpoint.read("config.json"), _weights(checkpoint)
    name = str(config.get("activation_function", "torch.nn.modules.linear.Identity"))
    plain = name.rsplit(".", 1)[-1]
    other = {config.get(key) for key in ("module_input_name", "module_output_name")}
    if not name.startswith("torch.") or plain not in _ACTIVATIONS or config.get("use_residual"):
        raise EncoderError(
            f"{checkpoint.label}: a Dense layer with {name!r}"
            f"{' and a residual' if config.get('use_residual') else ''}; expected one of "
            f"{', '.join(_ACTIVATIONS)}, without a residual"
        )
    if other - {None, "sentence_embedding"}:
        raise EncoderError(
            f"{checkpoint.label}: a Dense layer of tokens, before the pooling, is not known here"
        )
    activation = getattr(torch.nn, plain)()
    weight, bias = weights["linear.weight"], weights.get("linear.bias")
    return lambda vectors: activation(torch.nn.functional.linear(vectors, weight, bias))


def _layer_norm(checkpoint: Checkpoint) -> Layer:
    torch = library("torch", "deep")
    weights = _weights(checkpoint)
    weight, bias = weights["norm.weight"], weights["norm.bias"]
    return lambda vectors: torch.nn.functional.layer_norm(vectors, weight.shape, weight, bias)


def _prompts(checkpoint: Checkpoint, options: Options) -> _Prompts:
    """Return the prompt that is put before every text, if the model has a default one."""
    if options.prefix is not None:
        return _Prompts(options.prefix, ())
    config = checkpoint.read("config_sentence_transformers.json")
    prompts = {k: v for k, v in (config.get("prompts") or {}).items() if v}
    default = prompts.get(config.get("default_prompt_name"), "")
    if default:
        return _Prompts(default, (f"every text begins with {default!r}, the model's default",))
    if prompts:
        named = ", ".join(f"{name} {text!r}" for name, text in prompts.items())
        return _Prompts("", (f"the model knows prompts ({named}), none by default: see prefix",))
    return _Prompts("", ())
