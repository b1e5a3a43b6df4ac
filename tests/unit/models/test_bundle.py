"""A bundle comes back as it was, or is refused; it never runs code and never changes silently."""

from __future__ import annotations

import copyreg
import hashlib
import io
import json
import pickle
import random
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import FunctionTransformer

from aisle.errors import AisleError, BundleError
from aisle.models.bundle import FORMAT_VERSION, read_bundle, write_bundle
from aisle.models.persistence import Dumped, dump, restore

MANIFEST: dict[str, Any] = {"kind": "classifier", "recipe": {"name": "fast"}, "metrics": [0.5]}
MODEL = {"weights": np.arange(6.0).reshape(2, 3), "classes": np.array(["a", "b"], dtype=object)}
EXTRA = {"card.md": "# A model for Küche\n".encode() * 20}
SEAL_BYTES = len(b"aisle-sha256:") + 64


@pytest.fixture
def path(tmp_path: Path) -> Path:
    target = tmp_path / "model.aisle"
    write_bundle(target, manifest=MANIFEST, dumped=dump(MODEL, types={}), extra=EXTRA)
    return target


def seal(data: bytes) -> bytes:
    return data[:-64] + hashlib.sha256(data[:-64]).hexdigest().encode()


def entries(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def describe(name: str, content: bytes) -> dict[str, Any]:
    return {"name": name, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}


def forge(
    path: Path,
    files: dict[str, bytes],
    *,
    relist: bool = True,
    prepare: Callable[[zipfile.ZipInfo], None] = lambda info: None,
    **changes: Any,
) -> None:
    """Write `files` as a stranger would who can compute every digest."""
    manifest = json.loads(files["manifest.json"])
    if relist:
        manifest["parts"] = [
            describe(name, content) for name, content in files.items() if name != "manifest.json"
        ]
    manifest |= changes
    files = {**files, "manifest.json": json.dumps(manifest).encode()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            prepare(info)
            archive.writestr(info, content)
        archive.comment = b"aisle-sha256:" + b"0" * 64
    path.write_bytes(seal(buffer.getvalue()))


def test_a_bundle_round_trips(path: Path) -> None:
    bundle = read_bundle(path)
    assert {key: bundle.manifest[key] for key in MANIFEST} == MANIFEST
    assert bundle.manifest["format_version"] == FORMAT_VERSION
    assert bundle.manifest["libraries"]["numpy"] == np.__version__
    assert bundle.extra == EXTRA
    restored = restore(bundle.dumped, types={})
    assert np.array_equal(restored["weights"], MODEL["weights"])
    assert restored["classes"].tolist() == ["a", "b"]


def test_the_same_model_gives_the_same_bytes(path: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.aisle"
    write_bundle(again, manifest=MANIFEST, dumped=dump(MODEL, types={}), extra=EXTRA)
    assert again.read_bytes() == path.read_bytes()


def test_a_forged_bundle_without_changes_is_read(path: Path) -> None:
    forge(path, entries(path))
    assert read_bundle(path).extra == EXTRA


def test_text_is_deflated_and_arrays_are_stored(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        methods = {info.filename: info.compress_type for info in archive.infolist()}
    assert methods["extra/card.md"] == zipfile.ZIP_DEFLATED
    assert methods["parts/model.safetensors"] == zipfile.ZIP_STORED


def test_content_that_compresses_extremely_is_still_readable(tmp_path: Path) -> None:
    target = tmp_path / "model.aisle"
    extra = {"zeros.bin": bytes(3 << 20)}
    write_bundle(target, manifest=MANIFEST, dumped=Dumped(None, {}), extra=extra)
    assert read_bundle(target).extra == extra


def test_a_failed_write_leaves_the_old_bundle(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(BundleError, match="pickle"):
        write_bundle(path, manifest=MANIFEST, dumped=Dumped(None, {"a.pkl": b""}), extra={})
    with pytest.raises(AisleError, match="folder"):
        write_bundle(path.parent, manifest=MANIFEST, dumped=Dumped(None, {}), extra={})
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    "manifest",
    [{}, {"kind": "clusterer"}, {**MANIFEST, "parts": []}, {**MANIFEST, "score": float("nan")}],
)
def test_a_manifest_that_cannot_be_written_is_a_mistake(
    manifest: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(ValueError):
        write_bundle(tmp_path / "m.aisle", manifest=manifest, dumped=Dumped(None, {}), extra={})


def test_a_changed_byte_anywhere_is_refused(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    generator = random.Random(0)
    for position in range(len(whole)):
        old = whole[position]
        whole[position] ^= generator.randrange(1, 256)
        path.write_bytes(whole)
        with pytest.raises(BundleError):
            read_bundle(path)
        whole[position] = old


def test_a_changed_byte_under_a_new_seal_is_refused_or_harmless(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    expected = read_bundle(path)
    generator = random.Random(1)
    refused = 0
    for position in range(len(whole) - SEAL_BYTES):
        old = whole[position]
        whole[position] ^= generator.randrange(1, 256)
        path.write_bytes(seal(bytes(whole)))
        try:
            found = read_bundle(path)
        except BundleError:
            refused += 1
        else:
            assert found.dumped.tree == expected.dumped.tree
            assert found.dumped.parts == expected.dumped.parts
            assert found.extra == expected.extra
        whole[position] = old
    assert refused > len(whole) / 2


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_a_tampered_tree_or_part_is_refused_or_restored(path: Path, data: st.DataObject) -> None:
    bundle = read_bundle(path)
    contents = {"tree": json.dumps(bundle.dumped.tree).encode(), **bundle.dumped.parts}
    name = data.draw(st.sampled_from(sorted(contents)))
    changed = bytearray(contents[name])
    for _ in range(data.draw(st.integers(1, 3))):
        position = data.draw(st.integers(0, len(changed) - 1))
        changed[position] = data.draw(st.integers(0, 255))
    contents[name] = bytes(changed)
    try:
        tree = json.loads(contents.pop("tree"))
    except ValueError:
        return
    with suppress(BundleError):
        restore(Dumped(tree, contents), types={})


@pytest.mark.parametrize("keep", [0, 3, 30, 200, -1, -70, -200])
def test_a_truncated_bundle_is_refused(path: Path, keep: int) -> None:
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(BundleError, match=r"model\.aisle"):
        read_bundle(path)


def test_what_is_no_bundle_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="cannot be read"):
        read_bundle(tmp_path / "missing.aisle")
    with pytest.raises(BundleError, match="cannot be read"):
        read_bundle(tmp_path)
    text = tmp_path / "text.aisle"
    text.write_text("id,title\n" * 100)
    with pytest.raises(BundleError, match="not a bundle"):
        read_bundle(text)
    with zipfile.ZipFile(text, "w") as archive:
        archive.writestr("a.txt", "hello")
    with pytest.raises(BundleError, match="did not write"):
        read_bundle(text)


def test_bytes_before_the_zip_or_a_longer_comment_are_refused(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(seal(b"PK\x03\x04" + whole))
    with pytest.raises(BundleError):
        read_bundle(path)
    path.write_bytes(seal(whole + b"\n" + whole[-SEAL_BYTES:]))
    with pytest.raises(BundleError):
        read_bundle(path)


def test_a_part_that_is_not_listed_is_refused(path: Path) -> None:
    forge(path, {**entries(path), "extra/more.md": b"hello"}, relist=False)
    with pytest.raises(BundleError, match=r"'extra/more\.md' is in the zip but not in"):
        read_bundle(path)


def test_a_missing_part_is_refused(path: Path) -> None:
    files = entries(path)
    del files["extra/card.md"]
    forge(path, files, relist=False)
    with pytest.raises(BundleError, match=r"'extra/card\.md' is in manifest.json but missing"):
        read_bundle(path)


@pytest.mark.parametrize(
    ("content", "message"), [(b"#" * 420, "SHA-256"), (b"short", "5 bytes where")]
)
def test_a_part_with_another_content_is_refused(path: Path, content: bytes, message: str) -> None:
    assert len(EXTRA["card.md"]) == 420
    forge(path, {**entries(path), "extra/card.md": content}, relist=False)
    with pytest.raises(BundleError, match=rf"'extra/card\.md' .*{message}"):
        read_bundle(path)


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "../up.md", "extra/../../up.md", "extra\\up.md", "C:/x", "extra/", "extra//a"],
)
def test_an_unsafe_name_is_refused(path: Path, name: str) -> None:
    forge(path, {**entries(path), name: b"hello"})
    with pytest.raises(BundleError, match="name"):
        read_bundle(path)


@pytest.mark.parametrize("name", ["extra/a.pkl", "parts/a.PICKLE", "extra/model.joblib"])
def test_a_name_of_a_pickle_is_refused(path: Path, name: str) -> None:
    forge(path, {**entries(path), name: b"hello"})
    with pytest.raises(BundleError, match="pickle"):
        read_bundle(path)


def test_a_part_without_a_place_is_refused(path: Path) -> None:
    forge(path, {**entries(path), "elsewhere/a.md": b"hello"})
    with pytest.raises(BundleError, match="no place"):
        read_bundle(path)


def test_a_name_that_stands_twice_is_refused(path: Path) -> None:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w") as archive:
        warnings.simplefilter("ignore")
        for name, content in [*entries(path).items(), ("extra/card.md", b"other")]:
            archive.writestr(zipfile.ZipInfo(name), content)
        archive.comment = b"aisle-sha256:" + b"0" * 64
    path.write_bytes(seal(buffer.getvalue()))
    with pytest.raises(BundleError, match=r"'extra/card\.md' stands in the zip twice"):
        read_bundle(path)


def test_a_link_is_refused(path: Path) -> None:
    def link(info: zipfile.ZipInfo) -> None:
        if info.filename == "extra/card.md":
            info.external_attr = (stat.S_IFLNK | 0o777) << 16

    forge(path, entries(path), prepare=link)
    with pytest.raises(BundleError, match=r"'extra/card\.md' is a link"):
        read_bundle(path)


def test_an_encrypted_part_is_refused(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    local = whole.index(b"PK\x03\x04")
    central = whole.index(b"PK\x01\x02")
    whole[local + 6] |= 1
    whole[central + 8] |= 1
    path.write_bytes(seal(bytes(whole)))
    with pytest.raises(BundleError, match="encrypted"):
        read_bundle(path)


def test_another_compression_is_refused(path: Path) -> None:
    def squeeze(info: zipfile.ZipInfo) -> None:
        info.compress_type = zipfile.ZIP_BZIP2

    forge(path, entries(path), prepare=squeeze)
    with pytest.raises(BundleError, match="packed in a way"):
        read_bundle(path)


def test_a_zip_bomb_is_refused(path: Path) -> None:
    forge(path, {**entries(path), "extra/bomb.txt": bytes(20 << 20)})
    with pytest.raises(BundleError, match=r"'extra/bomb\.txt'.*zip bomb"):
        read_bundle(path)


def test_a_part_larger_than_it_claims_is_refused(path: Path) -> None:
    """Every header and the manifest say 10 bytes; deflate holds 420."""
    files = entries(path)
    forge(path, {**files, "extra/card.md": files["extra/card.md"]})
    whole = path.read_bytes()
    before = struct.pack("<L", 420)
    assert whole.count(before) == 2
    manifest = json.loads(entries(path)["manifest.json"])
    for row in manifest["parts"]:
        if row["name"] == "extra/card.md":
            row["size"] = 10
    forge(path, files, relist=False, parts=manifest["parts"])
    path.write_bytes(seal(path.read_bytes().replace(before, struct.pack("<L", 10))))
    with pytest.raises(BundleError, match=r"extra/card\.md"):
        read_bundle(path)


def test_a_directory_that_disagrees_with_the_parts_is_refused(path: Path) -> None:
    whole = path.read_bytes().replace(b"extra/card.md", b"extra/nard.md", 1)
    path.write_bytes(seal(whole))
    with pytest.raises(BundleError):
        read_bundle(path)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_smuggled_pickle_is_refused_and_never_run(
    path: Path, tmp_path: Path, protocol: int
) -> None:
    victim = tmp_path / "created"

    class Payload:
        def __reduce__(self) -> Any:
            return (Path.touch, (victim,))

    payload = pickle.dumps(Payload(), protocol=protocol)
    forge(path, {**entries(path), "parts/model.safetensors": payload})
    with pytest.raises(BundleError, match=r"'parts/model\.safetensors' begins like a pickle"):
        read_bundle(path)
    assert not victim.exists()
    pickle.loads(payload)  # noqa: S301
    assert victim.exists(), "the payload would not have done anything"


def test_every_safetensors_header_length_is_accepted(tmp_path: Path) -> None:
    """A header of 640 bytes begins with the bytes of a pickle of protocol 2."""
    target = tmp_path / "model.aisle"
    starts = set()
    for length in range(400, 1600, 8):
        dumped = dump({"a" * length: np.zeros(1)}, types={})
        starts.add(dumped.parts["model.safetensors"][:2])
        write_bundle(target, manifest=MANIFEST, dumped=dumped, extra={})
        read_bundle(target)
    assert {b"\x80\x02", b"\x80\x04"} <= starts


def test_an_untrusted_skops_part_is_refused_and_never_run(path: Path, tmp_path: Path) -> None:
    data = skops.io.dumps(FunctionTransformer(copyreg.__newobj__))
    tree = {"estimator": "head.skops"}
    files = {**entries(path), "tree.json": json.dumps(tree).encode(), "parts/head.skops": data}
    forge(path, files)
    bundle = read_bundle(path)
    with pytest.raises(BundleError, match="not on the list of trusted types"):
        restore(bundle.dumped, types={})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format_version": 99}, "made by a newer Aisle .*upgrade"),
        ({"format_version": "1"}, "format version"),
        ({"format_version": True}, "format version"),
        ({"format_version": 0}, "format version"),
        ({"kind": "clusterer"}, "clusterer"),
        ({"parts": None}, "does not list tree.json"),
        ({"parts": [1]}, "does not describe a part"),
        ({"parts": [{"name": 1, "sha256": "", "size": 1}]}, "does not describe a part"),
        ({"parts": [{"name": "tree.json", "sha256": "", "size": 1}] * 2}, "twice"),
        ({"parts": [{"name": "a/../b", "sha256": "", "size": 1}]}, "name"),
    ],
)
def test_a_manifest_that_is_wrong_is_refused(
    path: Path, changes: dict[str, Any], message: str
) -> None:
    forge(path, entries(path), **changes)
    with pytest.raises(BundleError, match=message):
        read_bundle(path)


@pytest.mark.parametrize(
    ("tree", "message"),
    [(b"{", "JSON"), (b"[" * 200_000, "deeply"), (b"NaN", "JSON"), (b'{"a":1,"a":2}', "twice")],
)
def test_a_tree_that_is_not_json_is_refused(path: Path, tree: bytes, message: str) -> None:
    forge(path, {**entries(path), "tree.json": tree})
    with pytest.raises(BundleError, match=message):
        read_bundle(path)
