"""What shops really send: every kind of bad input is explained or survived."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from aisle import Catalog, ProductClassifier, ProductRegressor, evaluate
from aisle.errors import AisleError, CatalogError, TrainingError

KINDS = ("mug", "lamp", "boot")


def csv(rows: int = 24, extra: str = "") -> str:
    lines = ["id,title,price,kind"]
    lines += [f"p{n},{KINDS[n % 3]} number {n},{n + 5}.50,{KINDS[n % 3]}" for n in range(rows)]
    return "\n".join(lines) + "\n" + extra


def write(folder: Path, content: str | bytes, name: str = "c.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def quick(target: str = "kind") -> ProductClassifier | ProductRegressor:
    if target == "price":
        return ProductRegressor(settings=["folds=2", "metadata.head=ridge"])
    return ProductClassifier(settings=["folds=2"])


def kinds() -> ProductClassifier:
    return ProductClassifier(settings=["folds=2"])


def test_an_empty_file(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="empty"):
        Catalog.read(write(tmp_path, ""))


def test_a_header_and_nothing_else(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="header"):
        Catalog.read(write(tmp_path, "id,title,kind\n"))


def test_a_target_that_is_not_there_suggests_the_right_one(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="did you mean 'kind'"):
        Catalog.read(write(tmp_path, csv()), target="kinds")


def test_a_target_that_is_empty_everywhere(tmp_path: Path) -> None:
    path = write(tmp_path, "id,title,kind\na,red mug,\nb,blue mug,\n")
    catalog = Catalog.read(path, target="kind")
    with pytest.raises(TrainingError, match="0 of 2"):
        kinds().fit(catalog)


def test_one_class(tmp_path: Path) -> None:
    content = csv().replace("lamp", "mug").replace("boot", "mug")
    with pytest.raises(TrainingError, match="same value"):
        kinds().fit(Catalog.read(write(tmp_path, content), target="kind"))


def test_duplicate_ids_keep_their_rows(tmp_path: Path) -> None:
    content = csv(24, "p0,another mug,5.00,mug\n")
    catalog = Catalog.read(write(tmp_path, content), target="kind", roles={"id": "id"})
    from aisle.catalog.checks import check

    assert "duplicate-id" in {problem.kind for problem in check(catalog)}
    assert kinds().fit(catalog).predict(catalog)["id"].to_pylist().count("p0") == 2


def test_a_description_of_100_000_characters(tmp_path: Path) -> None:
    content = csv(24, f"long,{'mug ' * 25_000},5.00,mug\n")
    catalog = Catalog.read(write(tmp_path, content), target="kind")
    table = kinds().fit(catalog).predict(catalog)
    assert table["category"].to_pylist()[-1] == "mug"


def test_emoji_and_right_to_left_text(tmp_path: Path) -> None:
    words = {"mug": "☕️ كوب قهوة", "lamp": "💡 מנורה יפה", "boot": "👢 सुंदर जूता"}
    rows = [{"title": f"{words[KINDS[n % 3]]} {n}", "kind": words[KINDS[n % 3]]} for n in range(24)]
    catalog = Catalog.read(rows, target="kind", roles={"title": "text"})
    table = kinds().fit(catalog).predict(catalog)
    assert table["category"].to_pylist() == [row["kind"] for row in rows]


def test_prices_that_are_no_numbers(tmp_path: Path) -> None:
    content = csv(30).replace(",7.50", ",NaN").replace(",9.50", ",on request")
    content = content.replace(",11.50", ",")
    catalog = Catalog.read(write(tmp_path, content), target="price", task="regress")
    fitted = quick("price").fit(catalog)
    assert fitted.rows_ == 27
    values = fitted.predict(catalog)["value"].to_numpy()
    assert np.isfinite(values).all()
    assert evaluate(fitted, catalog).unlabelled == 3  # type: ignore[arg-type]


def test_another_encoding_is_read_and_a_wrong_one_explained(tmp_path: Path) -> None:
    path = write(tmp_path, csv().replace("lamp", "lämpchen").encode("cp1252"))
    catalog = Catalog.read(path, target="kind")
    assert "lämpchen" in set(catalog.labels)
    assert "encoding" in {problem.kind for problem in catalog.problems}
    with pytest.raises(CatalogError, match=r"c\.csv"):
        Catalog.read(path, encoding="ascii")


def test_ragged_rows_are_named_by_line_and_the_rest_is_read(tmp_path: Path) -> None:
    catalog = Catalog.read(write(tmp_path, csv(24, "x,too,few\ny,one,2.50,mug,too many\n")))
    (problem,) = [p for p in catalog.problems if p.kind == "broken-row"]
    assert len(catalog) == 24
    assert problem.rows == 2
    assert "26" in problem.message
    assert "27" in problem.message


def test_a_directory_for_a_file(tmp_path: Path) -> None:
    write(tmp_path, csv())
    with pytest.raises(CatalogError, match=r"c\.csv"):
        Catalog.read(tmp_path)
    fitted = kinds().fit(Catalog.read(tmp_path / "c.csv", target="kind"))
    with pytest.raises(AisleError, match="folder"):
        fitted.save(tmp_path)
    with pytest.raises(AisleError):
        ProductClassifier.load(tmp_path)


def test_a_disk_that_fills_leaves_the_old_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted = kinds().fit(Catalog.read(write(tmp_path, csv()), target="kind"))
    path = tmp_path / "m.aisle"
    fitted.save(path)
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(AisleError, match="No space left"):
        fitted.save(path)
    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["c.csv", "m.aisle"]


def test_an_interrupt_in_the_middle_of_training_leaves_nothing(tmp_path: Path) -> None:
    write(tmp_path, csv(600))
    script = (
        "import os, signal, sys\n"
        "from aisle import Catalog, ProductClassifier\n"
        "def stop(what, done, total):\n"
        "    if done == 3: os.kill(os.getpid(), signal.SIGINT)\n"
        "model = ProductClassifier().fit(Catalog.read('c.csv', target='kind'), progress=stop)\n"
        "model.save('m.aisle')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode in (1, -signal.SIGINT, 130)
    assert "KeyboardInterrupt" in ended.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["c.csv"]
