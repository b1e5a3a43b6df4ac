"""Files are whole or not there, whatever happens while they are written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from aisle import files
from aisle.errors import AisleError
from aisle.files import atomic_path, write_text


@pytest.fixture(params=["nameless", "named"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Write as on Linux, and as elsewhere."""
    if request.param == "named":
        monkeypatch.setattr(files, "_nameless", lambda target: None)
    elif not hasattr(os, "O_TMPFILE"):
        pytest.skip("this system has no nameless files")
    return str(request.param)


def test_a_file_is_written_whole_and_alone(tmp_path: Path, way: str) -> None:
    target = tmp_path / "new" / "a.txt"
    write_text(target, "one")
    write_text(target, "two")
    assert target.read_text() == "two"
    assert list(target.parent.iterdir()) == [target]
    umask = os.umask(0)
    os.umask(umask)
    assert target.stat().st_mode & 0o777 == 0o666 & ~umask


def stopped(target: Path, error: BaseException) -> None:
    """Begin to write a file, and run into an error."""
    with atomic_path(target) as temporary:
        temporary.write_text("half")
        raise error


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path, way: str) -> None:
    target = tmp_path / "a.txt"
    write_text(target, "old")
    with pytest.raises(KeyboardInterrupt):
        stopped(target, KeyboardInterrupt())
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_full_disk_is_told(tmp_path: Path, way: str) -> None:
    target = tmp_path / "a.txt"
    with pytest.raises(AisleError, match=r"a\.txt: could not be written \(No space left"):
        stopped(target, OSError(28, "No space left on device"))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_place_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(AisleError, match="a folder stands where a file is to be written"):
        write_text(tmp_path, "x")


@pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="needs nameless files")
def test_a_kill_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    code = (
        "import os, signal, sys\n"
        "from aisle.files import atomic_path\n"
        "with atomic_path(sys.argv[1]) as path:\n"
        "    path.write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(target)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert list(tmp_path.iterdir()) == []
