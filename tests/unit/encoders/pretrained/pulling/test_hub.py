from __future__ import annotations

import errno
import hashlib
import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from aisle.encoders.pretrained.folder import EncoderDescription, EncoderFolder, write_folder
from aisle.encoders.pretrained.image import ImageNetwork
from aisle.encoders.pretrained.pulling import downloads
from aisle.encoders.pretrained.pulling.hub import Exporter, pull
from aisle.encoders.pretrained.pulling.orders import STAGING
from aisle.encoders.pretrained.text import TextNetwork
from aisle.errors import EncoderError

WORDS = ["[PAD]", "[UNK]", "red", "shirt", "blue", "kettle"]


def _field(number: int, value: int | bytes | str) -> bytes:
    """Encode one field of a protocol buffer."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    content = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _value(name: str, kind: int, shape: list[str | int]) -> bytes:
    dims = b"".join(_field(1, _field(2 if isinstance(d, str) else 1, d)) for d in shape)
    tensor = _field(1, kind) + _field(2, dims)
    return _field(1, name) + _field(2, _field(1, tensor))


def _tensor(name: str, values: np.ndarray) -> bytes:
    dims = b"".join(_field(1, size) for size in values.shape)
    kind = {"float32": 1, "int64": 7}[values.dtype.name]
    return dims + _field(2, kind) + _field(8, name) + _field(9, values.tobytes())


def _node(kind: str, inputs: list[str], output: str, *attributes: bytes) -> bytes:
    named = b"".join(_field(1, i) for i in inputs) + _field(2, output) + _field(4, kind)
    return named + b"".join(_field(5, attribute) for attribute in attributes)


def _model(nodes: list[bytes], weights: list[bytes], ins: list[bytes], outs: list[bytes]) -> bytes:
    parts = [(1, nodes), (5, weights), (11, ins), (12, outs)]
    graph = _field(2, "g") + b"".join(_field(n, one) for n, many in parts for one in many)
    return _field(1, 8) + _field(7, graph) + _field(8, _field(2, 17))


def tiny_text(*, output: str = "last_hidden_state", extra: str | None = None) -> bytes:
    """An ONNX file that looks up each token: (1, tokens) to (1, tokens, 4)."""
    weights = np.arange(24, dtype=np.float32).reshape(6, 4) + 1
    tokens: list[str | int] = ["rows", "tokens"]
    names = ["input_ids", "attention_mask", *([extra] if extra else [])]
    return _model(
        [_node("Gather", ["table", "input_ids"], output)],
        [_tensor("table", weights)],
        [_value(name, 7, tokens) for name in names],
        [_value(output, 1, [*tokens, 4])],
    )


def tiny_pooled() -> bytes:
    """An ONNX file that gives the mean of a text's tokens: (1, tokens) to (1, 3)."""
    weights = np.arange(18, dtype=np.float32).reshape(6, 3)
    axes = _field(1, "axes") + _field(8, 1) + _field(20, 7)
    flat = _field(1, "keepdims") + _field(3, 0) + _field(20, 2)
    return _model(
        [
            _node("Gather", ["table", "input_ids"], "tokens"),
            _node("ReduceMean", ["tokens"], "text_embeds", axes, flat),
        ],
        [_tensor("table", weights)],
        [_value("input_ids", 7, ["rows", "tokens"])],
        [_value("text_embeds", 1, ["rows", 3])],
    )


def tiny_image(*, scale: float = 1.0) -> bytes:
    """An ONNX file that gives the mean of each channel: (1, 3, 8, 8) to (1, 3)."""
    weights = np.array([[1, 0, 0.5], [0, 1, 0.5], [scale - 1, 0, 1]], dtype=np.float32)
    return _model(
        [
            _node("GlobalAveragePool", ["pixel_values"], "pooled"),
            _node("Flatten", ["pooled"], "flat"),
            _node("MatMul", ["flat", "mix"], "image_embeds"),
        ],
        [_tensor("mix", weights)],
        [_value("pixel_values", 1, ["rows", 3, 8, 8])],
        [_value("image_embeds", 1, ["rows", 3])],
    )


def tokenizer_json() -> bytes:
    vocabulary = {word: number for number, word in enumerate(WORDS)}
    return json.dumps(
        {
            "version": "1.0",
            "added_tokens": [],
            "pre_tokenizer": {"type": "Whitespace"},
            "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]"},
        }
    ).encode()


def _json(content: object) -> bytes:
    return json.dumps(content).encode()


def sentence_files(**changes: bytes) -> dict[str, bytes]:
    """A repository of a sentence encoder, with files that nobody needs."""
    kinds = ["Transformer", "Pooling", "Normalize"]
    modules = [
        {"path": "" if i == 0 else f"{i}_{kind}", "type": f"sentence_transformers.models.{kind}"}
        for i, kind in enumerate(kinds)
    ]
    return {
        "onnx/model.onnx": tiny_text(),
        "onnx/model_quint8_avx2.onnx": tiny_text(),
        "tokenizer.json": tokenizer_json(),
        "tokenizer_config.json": _json({"model_max_length": 512}),
        "config.json": _json({"model_type": "bert", "max_position_embeddings": 512}),
        "sentence_bert_config.json": _json({"max_seq_length": 256}),
        "modules.json": _json(modules),
        "1_Pooling/config.json": _json({"pooling_mode_mean_tokens": True}),
        "empty.txt": b"",
        "model.safetensors": b"weights" * 50,
        "pytorch_model.bin": b"pickle" * 50,
        "onnx/model_O4.onnx": b"other" * 50,
        **changes,
    }


@dataclass
class FakeHub:
    """What the hub answers, and what it was asked."""

    address: str
    repositories: dict[str, dict[str, bytes]] = field(default_factory=dict)
    licence: str = "apache-2.0"
    refused: tuple[int, str] | None = None
    refused_files: tuple[int, str] | None = None
    cut_after: int | None = None
    dies: bool = False
    spoilt: bool = False
    sizes: bool = True
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    @property
    def files_asked(self) -> list[str]:
        return [path.split("/resolve/")[1].split("/", 1)[1] for path, _ in self.asked]


COMMIT = "c" * 40


def _handler(state: FakeHub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_: object) -> None:
            pass

        def _answer(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            path = self.path.split("?")[0]
            if path.startswith("/api/models/"):
                name = path.removeprefix("/api/models/").split("/revision/")[0]
                if state.refused is not None:
                    status, code = state.refused
                    return self._answer(status, b"{}", X_Error_Code=code)
                if name not in state.repositories:
                    return self._answer(404, b"{}", X_Error_Code="RepoNotFound")
                return self._answer(200, _json(_listing(state, name)), Content_Type="text/json")
            if "/resolve/" not in path:
                return self._answer(404, b"")
            state.asked.append((path, self.headers["Range"]))
            name, rest = path.strip("/").split("/resolve/")
            content = state.repositories[name][rest.split("/", 1)[1]]
            if state.refused_files is not None:
                status, code = state.refused_files
                return self._answer(status, b"", X_Error_Code=code)
            return self._file(content)

        def _file(self, content: bytes) -> None:
            start = 0
            if asked := self.headers["Range"]:
                start = int(asked.removeprefix("bytes=").split("-")[0])
            body = content[start:]
            if state.spoilt:
                body = bytes(len(body))
            self.send_response(206 if start else 200)
            if start:
                self.send_header(
                    "Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}"
                )
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            cut = state.cut_after if self.path.endswith(".onnx") else None
            if cut is not None and len(body) > cut:
                body = body[:cut]
                self.close_connection = True
                if state.dies:
                    state.refused_files = (503, "")
            self.wfile.write(body)

    return Handler


def _listing(state: FakeHub, name: str) -> dict[str, Any]:
    siblings = []
    for path, content in state.repositories[name].items():
        blob = hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()
        entry: dict[str, Any] = {"rfilename": path, "size": len(content), "blobId": blob}
        if not state.sizes:
            entry = {"rfilename": path}
        if state.sizes and path.endswith((".onnx", ".safetensors", ".bin")):
            sha256 = hashlib.sha256(content).hexdigest()
            entry["lfs"] = {"sha256": sha256, "size": len(content), "pointerSize": 130}
        siblings.append(entry)
    card = {"license": state.licence}
    return {"id": name, "sha": COMMIT, "siblings": siblings, "cardData": card, "tags": []}


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    state = FakeHub("")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    state.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", state.address)
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda _: None)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


MINILM = "sentence-transformers/all-MiniLM-L6-v2"


def test_a_known_text_encoder_is_pulled_and_runs(fake: FakeHub, tmp_path: Path) -> None:
    fake.repositories[MINILM] = sentence_files()
    seen: list[tuple[str, int, int]] = []
    folder = pull("MiniLM", home=tmp_path, progress=lambda *a: seen.append(a))
    assert folder.path == tmp_path / "all-minilm-l6-v2"
    description = folder.description
    assert (description.name, description.modality) == ("all-minilm-l6-v2", "text")
    assert description.dimension == 4
    assert (description.licence, description.source) == ("Apache-2.0", MINILM)
    assert description.model_extra == {"revision": COMMIT}
    assert description.text is not None
    assert description.text.inputs == ("input_ids", "attention_mask")
    assert not description.text.pooled
    assert description.text.pooling == "mean"
    assert description.text.normalised
    assert description.text.max_tokens == 256
    (network,) = description.networks
    assert (network.precision, network.output) == ("float32", "last_hidden_state")
    # Rows 2 and 3 of the table are 9 to 12 and 13 to 16: their mean, brought to length 1.
    expected = np.array([11, 12, 13, 14], dtype=np.float32)
    found = TextNetwork.load(folder).encode(["red shirt"])
    np.testing.assert_allclose(found[0], expected / np.linalg.norm(expected), rtol=1e-6)
    downloading = [(done, total) for what, done, total in seen if what.startswith("downloading")]
    assert (
        downloading[-1][0]
        == downloading[-1][1]
        == len(fake.repositories[MINILM]["onnx/model.onnx"])
    )


def test_only_what_is_needed_is_downloaded_and_nothing_is_left(
    fake: FakeHub, tmp_path: Path
) -> None:
    fake.repositories[MINILM] = sentence_files()
    pull("minilm", home=tmp_path)
    assert {path for path in fake.files_asked if not path.endswith(".json")} == {"onnx/model.onnx"}
    inside = sorted(path.name for path in (tmp_path / "all-minilm-l6-v2").iterdir())
    assert inside == ["encoder.json", "model.onnx", "tokenizer.json"]
    assert [path.name for path in tmp_path.iterdir()] == ["all-minilm-l6-v2"]


def test_a_precision_that_the_hub_has_is_pulled(fake: FakeHub, tmp_path: Path) -> None:
    fake.repositories[MINILM] = sentence_files()
    folder = pull("minilm", home=tmp_path, precision="int8")
    (network,) = folder.description.networks
    assert (network.precision, network.file) == ("int8-dynamic", "model.int8-dynamic.onnx")
    with pytest.raises(EncoderError, match=r"no float16 network.*has float32, int8-dynamic"):
        pull("minilm", home=tmp_path, precision="float16")
    with pytest.raises(EncoderError, match="--precision int3: expected one of float32"):
        pull("minilm", home=tmp_path, precision="int3")


def test_a_download_that_was_cut_off_goes_on_in_the_next_run(
    fake: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.repositories[MINILM] = sentence_files()
    network = fake.repositories[MINILM]["onnx/model.onnx"]
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 16)
    fake.cut_after, fake.dies = len(network) // 2, True
    with pytest.raises(EncoderError, match="503"):
        pull("minilm", home=tmp_path)
    (part,) = (tmp_path / STAGING).rglob("*.partial")
    arrived = part.stat().st_size
    assert 0 < arrived < len(network)
    assert not (tmp_path / "all-minilm-l6-v2").exists()
    fake.cut_after, fake.refused_files, fake.asked = None, None, []
    folder = pull("minilm", home=tmp_path)
    assert folder.read("model.onnx") == network
    # Neither what is whole nor what has arrived of the rest is sent again.
    assert [(path.rsplit("/", 1)[1], sent) for path, sent in fake.asked] == [
        ("model.onnx", f"bytes={arrived}-")
    ]


def test_a_line_that_drops_now_and_then_is_no_trouble(
    fake: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.repositories[MINILM] = sentence_files()
    network = fake.repositories[MINILM]["onnx/model.onnx"]
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 16)
    fake.cut_after = len(network) // 3
    folder = pull("minilm", home=tmp_path)
    assert folder.read("model.onnx") == network
    assert fake.files_asked.count("onnx/model.onnx") >= 3


def test_a_file_that_was_changed_on_its_way_is_refused(fake: FakeHub, tmp_path: Path) -> None:
    fake.repositories[MINILM] = sentence_files()
    fake.spoilt = True
    with pytest.raises(EncoderError, match="did not arrive as the hub lists it"):
        pull("minilm", home=tmp_path)
    assert not (tmp_path / "all-minilm-l6-v2").exists()
    fake.spoilt = False
    assert pull("minilm", home=tmp_path).description.dimension == 4


def test_a_prefix_that_is_known_is_described(fake: FakeHub, tmp_path: Path) -> None:
    fake.repositories["intfloat/multilingual-e5-small"] = sentence_files()
    text = pull("e5", home=tmp_path).description.text
    assert text is not None
    assert text.prefix == "query: "


def test_a_pair_is_pulled_from_its_mirror(fake: FakeHub, tmp_path: Path) -> None:
    fake.repositories["Xenova/clip-vit-base-patch32"] = {
        "onnx/text_model.onnx": tiny_pooled(),
        "onnx/vision_model.onnx": tiny_image(),
        "tokenizer.json": tokenizer_json(),
        "config.json": _json({"model_type": "clip", "text_config": {}}),
        "preprocessor_config.json": _json(
            {
                "do_center_crop": True,
                "crop_size": {"height": 8, "width": 8},
                "size": {"shortest_edge": 10},
                "image_mean": [0.5, 0.5, 0.5],
                "image_std": [0.25, 0.5, 0.5],
                "resample": 3,
            }
        ),
    }
    folder = pull("clip", home=tmp_path)
    description = folder.description
    assert description.modality == "image-text"
    assert description.source == "Xenova/clip-vit-base-patch32"
    assert (description.licence, description.temperature) == ("MIT", 100)
    assert {(n.tower, n.output) for n in description.networks} == {
        ("text", "text_embeds"),
        ("image", "image_embeds"),
    }
    assert description.zero_shot is not None
    assert (description.zero_shot.output, description.zero_shot.dimension) == ("image_embeds", 3)
    assert description.image is not None
    assert description.image.size == (8, 8)
    assert description.image.fit == "crop"
    assert description.image.crop == pytest.approx(0.8)
    assert description.image.mean == (127.5, 127.5, 127.5)
    assert description.image.std == (63.75, 127.5, 127.5)
    white = np.full((20, 30, 3), 255, dtype=np.uint8)
    # (255 - mean) / std is 2, 1, 1.
    np.testing.assert_allclose(ImageNetwork.load(folder).encode(white), [2, 1, 2.5], atol=1e-5)
    assert TextNetwork.load(folder).encode(["red"]).shape == (1, 3)


def test_an_unknown_text_encoder_is_described_by_its_files(fake: FakeHub, tmp_path: Path) -> None:
    fake.repositories["shop/Titles_V2"] = sentence_files(
        **{
            "1_Pooling/config.json": _json({"pooling_mode": "lasttoken"}),
            "config_sentence_transformers.json": _json(
                {"default_prompt_name": "p", "prompts": {"p": "title: ", "q": "other: "}}
            ),
            "sentence_bert_config.json": _json({}),
            "tokenizer_config.json": _json({"model_max_length": int(1e30)}),
            "config.json": _json({"model_type": "roberta", "max_position_embeddings": 130}),
        }
    )
    fake.licence = "mit"
    description = pull("shop/Titles_V2", home=tmp_path).description
    assert (description.name, description.licence) == ("titles-v2", "mit")
    assert description.text is not None
    assert (description.text.pooling, description.text.prefix) == ("last", "title: ")
    assert description.text.max_tokens == 128


def _exporter(made: list[dict[str, Any]], *, dimension: int = 3) -> Exporter:
    """Stand in for the export: what it was given is noted, what it writes is a tiny network."""

    def export(source: str | Path, out: Path, **options: Any) -> Any:
        files = sorted(p.relative_to(source).as_posix() for p in Path(source).rglob("*.*"))
        made.append({"files": [f for f in files if "partial" not in f], **options})
        description = EncoderDescription.model_validate(
            {
                "name": options["name"],
                "modality": "image",
                "dimension": dimension,
                "networks": [{"file": "model.onnx", "output": "image_embeds"}],
                "image": {"size": [8, 8]},
            }
        )
        return SimpleNamespace(folder=write_folder(out, description, {"model.onnx": tiny_image()}))

    return export


RESNET = {
    "config.json": _json({"model_type": "resnet"}),
    "preprocessor_config.json": _json({}),
    "model.safetensors": b"weights" * 50,
    "pytorch_model.bin": b"pickle" * 50,
    "tf_model.h5": b"other" * 50,
}


def test_what_has_no_onnx_is_exported(fake: FakeHub, tmp_path: Path) -> None:
    fake.repositories["microsoft/resnet-50"] = RESNET
    made: list[dict[str, Any]] = []
    folder = pull("resnet", home=tmp_path, exporter=_exporter(made))
    assert made == [
        {
            "files": ["config.json", "model.safetensors", "preprocessor_config.json"],
            "name": "resnet50",
            "kind": "transformers",
            "accept_licence": False,
            "licence": "Apache-2.0",
            "prefix": None,
        }
    ]
    assert folder.path == tmp_path / "resnet50"
    assert folder.description.source == "microsoft/resnet-50"
    assert folder.description.licence == "Apache-2.0"
    assert folder.description.model_extra == {"revision": COMMIT}


def test_an_export_without_pytorch_says_what_to_install(fake: FakeHub, tmp_path: Path) -> None:
    fake.repositories["microsoft/resnet-50"] = RESNET
    with pytest.raises(EncoderError, match=r'pip install "aisle\[deep\]"'):
        pull("resnet50", home=tmp_path)
    assert fake.asked == []
    with pytest.raises(EncoderError, match="export gives float32"):
        pull("resnet50", home=tmp_path, precision="int8", exporter=_exporter([]))


def test_a_layer_on_top_of_the_onnx_file_means_an_export(fake: FakeHub, tmp_path: Path) -> None:
    dense = {"path": "2_Dense", "type": "sentence_transformers.models.Dense"}
    fake.repositories["shop/dense"] = sentence_files(
        **{
            "modules.json": _json([{"path": "", "type": "x.Transformer"}, dense]),
            "2_Dense/model.safetensors": b"dense",
            "2_Dense/config.json": _json({}),
        }
    )
    made: list[dict[str, Any]] = []
    pull("shop/dense", home=tmp_path, exporter=_exporter(made))
    assert {"2_Dense/model.safetensors", "2_Dense/config.json"} <= set(made[0]["files"])
    assert not any(path.endswith((".onnx", ".bin")) for path in fake.files_asked)


@pytest.mark.parametrize(
    "changes",
    [
        {"onnx/model.onnx": tiny_text(extra="position_ids")},
        {"onnx/model.onnx": tiny_text(output="logits")},
        {"onnx/model.onnx_data": b"far away"},
        {"1_Pooling/config.json": _json({"pooling_mode": ["cls", "mean"]})},
        {"preprocessor_config.json": b"{}"},
    ],
    ids=["another input", "another output", "weights aside", "two poolings", "reads images"],
)
def test_onnx_that_cannot_be_described_truthfully_is_not_taken(
    changes: dict[str, bytes], fake: FakeHub, tmp_path: Path
) -> None:
    fake.repositories["shop/text"] = sentence_files(**changes)
    made: list[dict[str, Any]] = []
    pull("shop/text", home=tmp_path, exporter=_exporter(made))
    assert len(made) == 1
    assert made[0]["kind"] is None


def test_pickles_and_foreign_code_are_not_touched(fake: FakeHub, tmp_path: Path) -> None:
    made: list[dict[str, Any]] = []
    fake.repositories["shop/pickle"] = {k: v for k, v in RESNET.items() if "safe" not in k}
    with pytest.raises(EncoderError, match=r"no model.safetensors; weights as pickles"):
        pull("shop/pickle", home=tmp_path, exporter=_exporter(made))
    fake.repositories["shop/code"] = {**RESNET, "config.json": _json({"auto_map": {"a": "b"}})}
    with pytest.raises(EncoderError, match="Python code of its own, which is not run"):
        pull("shop/code", home=tmp_path, exporter=_exporter(made))
    with pytest.raises(EncoderError, match="Python code of its own, which is not run"):
        pull("marqo", home=tmp_path, exporter=_exporter(made))
    assert made == []
    assert not any(path.endswith((".bin", ".safetensors")) for path in fake.files_asked)


def test_a_network_that_does_not_do_what_is_described_is_not_published(
    fake: FakeHub, tmp_path: Path
) -> None:
    fake.repositories["microsoft/resnet-50"] = RESNET
    with pytest.raises(EncoderError, match="vectors of length 3, expected 5"):
        pull("resnet50", home=tmp_path, exporter=_exporter([], dimension=5))
    assert not (tmp_path / "resnet50").exists()


def test_a_licence_without_commercial_use_has_to_be_accepted(fake: FakeHub, tmp_path: Path) -> None:
    fake.repositories["facebook/convnextv2-tiny-22k-224"] = RESNET
    with pytest.raises(EncoderError, match=r"CC-BY-NC-4.0 forbids.*--accept-licence"):
        pull("convnextv2", home=tmp_path, exporter=_exporter([]))
    folder = pull("convnextv2", home=tmp_path, exporter=_exporter([]), accept_licence=True)
    assert not folder.description.commercial
    fake.licence = "cc-by-nc-4.0"
    fake.repositories["shop/text"] = sentence_files()
    with pytest.raises(EncoderError, match=r"cc-by-nc-4.0 forbids commercial use"):
        pull("shop/text", home=tmp_path)
    assert not pull("shop/text", home=tmp_path, accept_licence=True).description.commercial


@pytest.mark.parametrize(
    ("refused", "words"),
    [
        ((401, "RepoNotFound"), "no such repository, or it is private.*HF_TOKEN"),
        ((403, "GatedRepo"), "agreed to the terms.*HF_TOKEN"),
        ((404, "RevisionNotFound"), "does not have the revision"),
        ((500, ""), "answered with .*500.*try again later, or set HF_ENDPOINT"),
    ],
)
def test_what_the_hub_refuses_is_explained(
    refused: tuple[int, str],
    words: str,
    fake: FakeHub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake.repositories[MINILM] = sentence_files()
    fake.refused = refused
    with pytest.raises(EncoderError, match=words):
        pull("minilm", home=tmp_path)


def test_a_gated_file_is_explained(fake: FakeHub, tmp_path: Path) -> None:
    fake.repositories[MINILM] = sentence_files()
    fake.refused_files = (403, "GatedRepo")
    with pytest.raises(EncoderError, match=f"agree to them at {fake.address}/{MINILM}"):
        pull("minilm", home=tmp_path)


def test_no_repository_of_that_name(fake: FakeHub, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"shop/nothing: .* has no such repository"):
        pull("shop/nothing", home=tmp_path)


def test_a_mirror_that_lists_no_sizes_is_told(fake: FakeHub, tmp_path: Path) -> None:
    fake.repositories[MINILM] = sentence_files()
    fake.sizes = False
    with pytest.raises(EncoderError, match="does not list how large its files are"):
        pull("minilm", home=tmp_path)


def test_no_network_says_what_can_be_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(EncoderError) as caught:
        pull("minilm", home=tmp_path)
    told = str(caught.value)
    assert "could not be reached" in told
    assert f"copy an encoder folder to {tmp_path / 'all-minilm-l6-v2'}" in told
    assert "--encoders DIR" in told
    assert "HF_ENDPOINT" in told


def test_a_full_disk_is_told_before_and_while_downloading(
    fake: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.repositories[MINILM] = sentence_files()
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10))
        with pytest.raises(EncoderError, match=r"MB are needed and .* free some space"):
            pull("minilm", home=tmp_path)
    assert fake.asked == []

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(downloads._Telling, "write", full)
    with pytest.raises(EncoderError, match="the disk is full"):
        pull("minilm", home=tmp_path)


@pytest.mark.parametrize("name", ["nothing", "a/b/c", "../..", "a/..", ""])
def test_a_name_that_cannot_be_one_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="there is no known encoder"):
        pull(name, home=tmp_path)


def test_what_is_not_on_the_hub_is_copied_by_hand(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="not on the Hugging Face hub; copy its encoder folder"):
        pull("mobilenet-edgetpu", home=tmp_path)


def test_the_encoder_that_was_there_stays_if_a_pull_fails(fake: FakeHub, tmp_path: Path) -> None:
    fake.repositories[MINILM] = sentence_files()
    before = pull("minilm", home=tmp_path)
    fake.repositories[MINILM] = sentence_files(**{"onnx/model.onnx": b"no network"})
    with pytest.raises(EncoderError, match="ONNX"):
        pull("minilm", home=tmp_path)
    assert EncoderFolder(before.path, before.description).read("model.onnx") == tiny_text()
