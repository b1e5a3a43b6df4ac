"""What the README tells people to type works as it stands."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from aisle.catalog.sample import SampleOptions, make_sample

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    make_sample(folder, SampleOptions(products=240, categories=5, images=False))
    for name in ("new.csv", "c.csv"):
        shutil.copy(folder / "catalog.csv", folder / name)
    return folder


def test_the_python_example(shop: Path) -> None:
    (code,) = blocks("python")
    subprocess.run([sys.executable, "-c", code], cwd=shop, check=True)
    assert (shop / "report.html").stat().st_size > 10_000
    assert (shop / "model.aisle").is_file()


def test_the_commands(shop: Path) -> None:
    aisle = Path(sys.executable).with_name("aisle")
    lines = [line for block in blocks("console") for line in block.splitlines()]
    commands = [shlex.split(line, comments=True) for line in lines if line.startswith("aisle ")]
    assert len(commands) >= 8
    for command in commands:
        ended = subprocess.run(
            [str(aisle), *command[1:]], cwd=shop, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, f"{command}: {ended.stderr}"
    assert (shop / "answers.csv").read_text(encoding="utf-8").startswith("id,category,confidence")
