from __future__ import annotations

from pathlib import Path

import pytest

from aisle.cli.outputs import STANDARD_OUTPUT, Output, check_outputs
from aisle.errors import AisleError


def test_what_can_be_written_passes(tmp_path: Path) -> None:
    check_outputs(
        [
            Output("--out", tmp_path / "new" / "deep" / "x.csv", (".csv", ".jsonl")),
            Output("--json", tmp_path / "x"),
            Output("--html", None, (".html",)),
            Output("--json", STANDARD_OUTPUT),
        ],
        inputs=[tmp_path / "in.csv"],
    )
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(AisleError, match=r"--out .*folder"):
        check_outputs([Output("--out", tmp_path)])


def test_nothing_can_be_written_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    with pytest.raises(AisleError, match="is a file"):
        check_outputs([Output("--out", tmp_path / "f" / "deep" / "x.csv")])


@pytest.mark.parametrize(("name", "found"), [("x.txt", r"'\.txt'"), ("x", "none")])
def test_the_suffix_must_be_known(tmp_path: Path, name: str, found: str) -> None:
    with pytest.raises(AisleError, match=rf"expected \.csv or \.jsonl, found {found}"):
        check_outputs([Output("--out", tmp_path / name, (".csv", ".jsonl"))])
    check_outputs([Output("--out", tmp_path / "x.CSV", (".csv", ".jsonl"))])


def test_an_input_is_never_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in.csv").write_text("a\n1\n")
    (tmp_path / "link.csv").symlink_to(tmp_path / "in.csv")
    monkeypatch.chdir(tmp_path)
    for path in (Path("in.csv"), Path("./in.csv"), tmp_path / "link.csv"):
        with pytest.raises(AisleError, match="is read by this command"):
            check_outputs([Output("--out", path)], inputs=[tmp_path / "in.csv"])


def test_two_outputs_cannot_share_a_file(tmp_path: Path) -> None:
    with pytest.raises(AisleError, match="--json writes there too"):
        check_outputs([Output("--json", tmp_path / "x"), Output("--rows", tmp_path / "x")])
