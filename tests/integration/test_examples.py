"""The scripts that prepare public data sets, on tiny files in their formats."""

from __future__ import annotations

import csv
import gzip
import importlib
import io
import json
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from aisle import Catalog, Role

EXAMPLES = Path(__file__).parents[2] / "examples"
Load = Callable[[str], ModuleType]


@pytest.fixture(scope="module")
def load() -> Iterator[Load]:
    """Import a script as Python does that runs it: with its folder on the path."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(EXAMPLES))
        yield importlib.import_module
    for name in ("downloading", "preparing", *(p.stem for p in EXAMPLES.glob("prepare_*.py"))):
        sys.modules.pop(name, None)


def photograph() -> bytes:
    written = io.BytesIO()
    Image.fromarray(np.full((24, 24, 3), 120, np.uint8)).save(written, "JPEG")
    return written.getvalue()


class Site(ThreadingHTTPServer):
    """Serves what `files` holds, in parts where that is asked for, and notes what was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.files: dict[str, bytes] = {}
        self.asked: list[tuple[str, str | None]] = []
        self.breaks_off = 0

    def address(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


class Answering(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        site, span = self.server, self.headers.get("Range")
        site.asked.append((self.path, span))
        content = site.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        start = int(span.removeprefix("bytes=").rstrip("-")) if span else 0
        self.send_response(206 if span else 200)
        self.send_header("ETag", '"one"')
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        if site.breaks_off:
            site.breaks_off -= 1
            self.wfile.write(content[start : (start + len(content)) // 2])
            return
        self.wfile.write(content[start:])

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[Site]:
    server = Site()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def bestbuy_items(site: Site) -> list[dict[str, Any]]:
    path = [{"id": "c1", "name": "Housewares"}, {"id": "c2", "name": "Batteries"}]
    return [
        {
            "sku": number,
            "name": f'Battery "AAA", pack {number}',
            "type": "HardGood",
            "price": 5.49,
            "category": path if number != 3 else path[:1],
            "description": "Lasts long; é \n[not, a, list]",
            "manufacturer": "Volt",
            "model": "",
            "url": "http://example.org/43900.p",
            "image": site.address(f"/{number}_sa.jpg"),
        }
        for number in range(6)
    ]


def test_bestbuy_becomes_a_catalogue_with_photographs(
    load: Load, site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "products.json"
    items = [*bestbuy_items(site), {"sku": 9, "name": None, "category": []}, "odd"]
    source.write_text(json.dumps(items, indent=1), encoding="utf-8")
    site.files = {f"/{number}_sa.jpg": photograph() for number in range(5)}
    site.files["/4_sa.jpg"] = b"<html>no longer here</html>"
    script, out = load("prepare_bestbuy"), tmp_path / "out"
    given = ["--source", str(source), "-o", str(out), "--images", "--level", "2"]
    assert load("preparing").run(script.main, given) == 0
    table = pq.read_table(out / "catalog.parquet")
    assert table["sku"].to_pylist() == ["0", "1", "2", "4", "5"]
    assert table["category"].unique().to_pylist() == ["Batteries"]
    assert table["category_path"][0].as_py() == "Housewares > Batteries"
    assert table["description"][0].as_py() == "Lasts long; é \n[not, a, list]"
    assert table["model"].null_count == 5
    assert table["image"].to_pylist() == [*(f"images/{n}.jpg" for n in range(3)), None, None]
    missing = list(csv.DictReader((out / "missing-images.csv").open()))
    assert [row["id"] for row in missing] == ["4", "5"]
    assert missing[0]["reason"] == "what lies there is no image"
    assert "404" in missing[1]["reason"]
    told = capsys.readouterr().out
    for line in ("5 products", "3 photographs, 2 could not be had", "1 left out: no name"):
        assert line in told
    assert "1 left out: no category at level 2" in told
    assert "1 left out: what is no JSON object" in told
    # What is there is not asked for again.
    site.asked.clear()
    assert load("preparing").run(script.main, given) == 0
    assert {path for path, _ in site.asked} == {"/4_sa.jpg", "/5_sa.jpg"}
    catalog = Catalog.read(out / "catalog.parquet", target="category")
    assert catalog.schema.names(Role.IMAGE) == ("image",)


def test_bestbuy_items_in_other_shapes_are_kept_or_counted(load: Load, tmp_path: Path) -> None:
    source = tmp_path / "products.json"
    path = [{"name": "Home"}, "odd", {"id": "no name"}]
    items = [
        {"sku": 1, "name": "mug", "category": path, "price": "N/A"},
        {"sku": 2, "name": "lamp", "category": path, "price": "1,299.00"},
        {"sku": 3, "name": "loose", "category": None},
    ]
    source.write_text(json.dumps(items), encoding="utf-8")
    load("prepare_bestbuy").main(["--source", str(source), "-o", str(tmp_path)])
    table = pq.read_table(tmp_path / "catalog.parquet")
    assert table["price"].to_pylist() == [None, 1299.0]
    assert table["category_path"].to_pylist() == ["Home", "Home"]


def test_bestbuy_fields_that_are_lists_are_joined(load: Load, tmp_path: Path) -> None:
    source = tmp_path / "products.json"
    listed = {"name": ["mug", "of glass"], "description": ["one", {"odd": 1}, "two"], "model": 12}
    listed |= {"type": {"odd": "type"}, "image": ["http://a.org/1.jpg", "http://a.org/2.jpg"]}
    items = [
        {"sku": 1, "category": [{"name": ["Home", "Garden"]}], **listed},
        {"sku": 2, "category": [{"name": "Home"}], "name": []},
        {"sku": 3, "category": [{"name": "Home"}], "name": "lamp", "image": {"odd": 1}},
    ]
    source.write_text(json.dumps(items), encoding="utf-8")
    load("prepare_bestbuy").main(["--source", str(source), "-o", str(tmp_path)])
    first, second = pq.read_table(tmp_path / "catalog.parquet").to_pylist()
    assert (first["name"], first["model"], first["type"]) == ("mug of glass", "12", None)
    assert (first["description"], first["category"]) == ("one\ntwo", "Home Garden")
    assert first["image"] == "http://a.org/1.jpg"
    assert (second["sku"], second["image"]) == ("3", None)


@pytest.mark.parametrize("script", ["prepare_bestbuy", "prepare_amazon"])
def test_a_level_that_there_is_not_is_refused(
    load: Load, script: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["-o", "out", "--level", "0", *(["Appliances"] if script.endswith("amazon") else [])]
    with pytest.raises(SystemExit):
        load(script).main(given)
    assert "expected a whole number above 0, found '0'" in capsys.readouterr().err


def test_small_categories_and_the_rest_after_a_limit_are_left_out(
    load: Load, site: Site, tmp_path: Path
) -> None:
    source = tmp_path / "products.json.gz"
    items = bestbuy_items(site)
    items[1]["category"] = [{"id": "c9", "name": "Rare"}]
    source.write_bytes(gzip.compress(json.dumps(items).encode()))
    given = ["--source", str(source), "-o", str(tmp_path), "--least", "2", "--limit", "3"]
    load("prepare_bestbuy").main([*given, "--format", "csv"])
    rows = list(csv.DictReader((tmp_path / "catalog.csv").open(encoding="utf-8")))
    assert [row["sku"] for row in rows] == ["0", "2", "3"]
    assert rows[0]["image"].startswith("http://")
    assert not site.asked


def test_a_list_that_breaks_off_leaves_no_catalogue(
    load: Load, site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "products.json"
    source.write_text(json.dumps(bestbuy_items(site))[:-40], encoding="utf-8")
    given = ["--source", str(source), "-o", str(tmp_path / "out")]
    assert load("preparing").run(load("prepare_bestbuy").main, given) == 2
    assert "breaks off in item 6" in capsys.readouterr().err
    assert not list((tmp_path / "out").glob("*"))


def test_a_list_is_read_in_pieces_of_any_size(
    load: Load, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, items = tmp_path / "products.json", bestbuy_items(site)
    source.write_text(json.dumps(items), encoding="utf-8")
    preparing = load("preparing")
    for size in (1, 7, 100, 10_000):
        monkeypatch.setattr(preparing, "_PIECE_CHARACTERS", size)
        assert list(preparing.objects(source, preparing.Tally())) == items


AMAZON = {
    "main_category": "All Beauty",
    "title": "Howard Hair Oil",
    "average_rating": 4.8,
    "rating_number": 10,
    "features": ["for shine", "with argan"],
    "description": [],
    "price": "from 9.99",
    "images": [
        {"thumb": "http://i/t2.jpg", "large": "http://i/l2.jpg", "variant": "PT01"},
        {"thumb": "http://i/t.jpg", "large": "http://i/l.jpg", "variant": "MAIN", "hi_res": None},
    ],
    "videos": [],
    "store": "Howard Products",
    "categories": ["Beauty", "Hair Care", "Oils"],
    "details": {"Package Dimensions": "7 x 5"},
    "parent_asin": "B01",
    "bought_together": None,
}


def test_amazon_departments_become_one_catalogue(load: Load, tmp_path: Path) -> None:
    for name in ("All_Beauty", "Gift_Cards"):
        rows = [{**AMAZON, "parent_asin": f"{name[0]}{n}", "price": 1.5 * n} for n in range(4)]
        lines = [json.dumps(row) for row in rows] + ["{broken", json.dumps({**AMAZON, "title": ""})]
        path = tmp_path / f"meta_{name}.jsonl.gz"
        path.write_bytes(gzip.compress("\n".join(lines).encode()))
    files = sorted(map(str, tmp_path.glob("*.gz")))
    load("prepare_amazon").main([*files, "-o", str(tmp_path), "--limit", "3", "--level", "2"])
    table = pq.read_table(tmp_path / "catalog.parquet")
    assert table["parent_asin"].to_pylist() == ["A0", "A1", "A2", "G0", "G1", "G2"]
    assert table["department"].unique().to_pylist() == ["All Beauty", "Gift Cards"]
    assert table["category"].unique().to_pylist() == ["Hair Care"]
    assert table["features"][0].as_py() == "for shine\nwith argan"
    assert table["description"].null_count == 6
    assert table["price"].to_pylist()[:3] == [0.0, 1.5, 3.0]
    assert table["image"].unique().to_pylist() == ["http://i/l.jpg"]


def test_amazon_prices_and_images_in_other_shapes(load: Load) -> None:
    script = load("prepare_amazon")
    assert script.number("$1,299.00") == 1299.0
    assert script.number("from 9.99") is None
    assert script.number(None) is None
    columns = {"hi_res": [None, "b"], "large": ["c", "d"], "variant": ["PT01", "MAIN"]}
    assert script.main_image(columns) == "d"
    assert script.main_image([]) is None


def test_rakuten_is_joined_by_its_first_column(load: Load, tmp_path: Path) -> None:
    images = tmp_path / "image_train"
    images.mkdir()
    (images / "image_11_product_21.jpg").write_bytes(photograph())
    (tmp_path / "X.csv").write_text(
        ",designation,description,productid,imageid\n"
        '0,"Livre, ancien","<p>L&#39;été</p>",21,11\n1,Jeu,,22,12\n2,Perdu,,23,13\n',
        encoding="utf-8",
    )
    (tmp_path / "Y.csv").write_text(",prdtypecode\n1,40\n0,10\n", encoding="utf-8")
    files = [str(tmp_path / "X.csv"), str(tmp_path / "Y.csv")]
    load("prepare_rakuten").main([*files, "--images", str(images), "-o", str(tmp_path)])
    table = pq.read_table(tmp_path / "catalog.parquet")
    assert table["prdtypecode"].to_pylist() == ["10", "40"]
    assert table["designation"][0].as_py() == "Livre, ancien"
    assert Path(table["image"][0].as_py()).is_file()
    assert table["image"][1].as_py() is None
    load("prepare_rakuten").main([files[0], "-o", str(tmp_path / "test")])
    assert pq.read_table(tmp_path / "test" / "catalog.parquet").num_rows == 3


def test_a_file_of_another_kind_is_told_by_its_columns(
    load: Load, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "X.csv").write_text("id,title\n1,Mug\n", encoding="utf-8")
    given = [str(tmp_path / "X.csv"), "-o", str(tmp_path)]
    assert load("preparing").run(load("prepare_rakuten").main, given) == 2
    assert "expected the column 'designation', found id, title" in capsys.readouterr().err


def test_a_download_that_breaks_off_goes_on_where_it_stopped(
    load: Load, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    downloading = load("downloading")
    monkeypatch.setattr(downloading.time, "sleep", lambda _: None)
    content = bytes(range(256)) * 400
    site.files["/data.json"], site.breaks_off = content, 2
    path = downloading.downloaded(site.address("/data.json"), tmp_path)
    assert path.read_bytes() == content
    starts = [span for _, span in site.asked]
    assert starts[0] is None
    assert starts[1:] == [f"bytes={len(content) // 2}-", f"bytes={3 * len(content) // 4}-"]
    assert [p.name for p in tmp_path.iterdir()] == ["data.json"]
    downloading.downloaded(site.address("/data.json"), tmp_path)
    assert len(site.asked) == 3


def test_a_download_that_is_refused_is_not_tried_again(
    load: Load, site: Site, tmp_path: Path
) -> None:
    from aisle import AisleError

    with pytest.raises(AisleError, match="404"):
        load("downloading").downloaded(site.address("/nothing.json"), tmp_path)
    assert len(site.asked) == 1


@pytest.mark.parametrize("name", sorted(p.stem for p in EXAMPLES.glob("prepare_*.py")))
def test_every_script_tells_how_it_is_used(
    load: Load, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        load(name).main(["--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert "--limit" in told
    assert f"python examples/{name}.py" in told
    assert f"{name}.py" in (EXAMPLES / "README.md").read_text(encoding="utf-8")
