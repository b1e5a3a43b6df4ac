from __future__ import annotations

import subprocess
import sys

import pytest

from aisle import __version__
from aisle.cli import main as cli
from aisle.cli.main import COMMANDS, main
from aisle.errors import CatalogError

NAMES = [command.__name__.replace("_", "-") for command in COMMANDS]
HEAVY = ("numpy", "pyarrow", "scipy", "sklearn", "lightgbm", "pydantic", "plotly", "PIL", "yaml")


@pytest.fixture(autouse=True)
def _own_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setenv("COLUMNS", "80")


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"aisle {__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_help_lists_every_command(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert all(f"│ {name} " in out for name in NAMES)
    assert "Example:" in out


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_one_sentence_and_an_example(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([name, "--help"]) == 0
    out = capsys.readouterr().out
    command = next(command for command in COMMANDS if command.__name__.replace("_", "-") == name)
    sentence = (command.__doc__ or "").split("\n\n")[0]
    assert sentence.count(".") == 1
    assert sentence.endswith(".")
    assert " ".join(sentence.split()) in " ".join(out.split())
    assert f"  aisle {name}" in out.split("Example:")[1]
    assert "--json" in out
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["trian"], "Did you mean 'train'?"),
        (["train"], "Missing argument 'CATALOG'"),
        (["train", "x.csv", "--bogus"], "No such option: --bogus"),
        (["split", "x.csv", "-o", "d", "--test", "much"], "'--test'"),
        (["split", "x.csv", "-o", "d", "--test", "nan"], "'--test'"),
        (["split", "x.csv", "-o", "d", "--validation", "-0.1"], "'--validation'"),
        (["train", "x.csv", "--task", "cluster"], "'--task'"),
        (["train", "x.csv", "--seed", "-1"], "'--seed'"),
        (["inspect", "x.csv"], "x.csv"),
    ],
)
def test_a_mistake_is_told_on_stderr_with_status_2(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("aisle: ")
    assert words in err
    assert "Traceback" not in err


def _raising(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def command(**_: object) -> None:
        raise error

    group = cli.get_command(cli.app)
    group.commands["demo"].callback = command
    monkeypatch.setattr(cli, "get_command", lambda _: group)


def test_an_error_of_the_library_is_a_users_mistake(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _raising(monkeypatch, CatalogError("there is no column 'x'"))
    assert main(["demo"]) == 2
    assert capsys.readouterr() == ("", "aisle: there is no column 'x'\n")


def test_an_interrupt_has_status_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _raising(monkeypatch, KeyboardInterrupt())
    assert main(["demo"]) == 130
    assert capsys.readouterr().err.endswith("aisle: interrupted; nothing was left half-written\n")


def test_a_bug_is_raised_and_told_with_its_traceback() -> None:
    program = (
        "import aisle.cli.main as cli\n"
        "group = cli.get_command(cli.app)\n"
        "group.commands['demo'].callback = lambda **_: 1 / 0\n"
        "cli.get_command = lambda _: group\n"
        "cli.main(['demo'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "ZeroDivisionError" in done.stderr
    assert "please report it" in done.stderr.splitlines()[-1]


def test_nothing_heavy_is_imported_for_help_and_for_the_package() -> None:
    program = (
        "import sys, aisle, aisle.cli.main\n"
        "aisle.cli.main.main(['--help'])\n"
        f"print('heavy:', [name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "heavy: []"
