"""The door of the command line: commands by name, and what an exit status means."""

from __future__ import annotations

import errno
import sys
import traceback
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Annotated

import typer
from typer.main import get_command

from aisle import __version__
from aisle.cli.audit import audit
from aisle.cli.cache import cache_app
from aisle.cli.compare import compare
from aisle.cli.compress import compress
from aisle.cli.demo import demo
from aisle.cli.drift import drift
from aisle.cli.encode import encode
from aisle.cli.encoders import encoders_app
from aisle.cli.evaluate import evaluate
from aisle.cli.explain import explain
from aisle.cli.inspect import inspect
from aisle.cli.options import expanded
from aisle.cli.predict import predict
from aisle.cli.serve import serve
from aisle.cli.split import split
from aisle.cli.study import study
from aisle.cli.train import train
from aisle.cli.zero_shot import zero_shot
from aisle.errors import AisleError

COMMANDS: tuple[Callable[..., None], ...] = (
    demo,
    inspect,
    study,
    audit,
    drift,
    split,
    train,
    evaluate,
    explain,
    compare,
    compress,
    predict,
    serve,
    encode,
    zero_shot,
)
"""Every command, in the order of the help; its name is the function's, with hyphens."""

USER_MISTAKE = 2
INTERRUPTED = 130

_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)

app = typer.Typer(
    name="aisle",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    invoke_without_command=True,
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"aisle {__version__}")
        raise typer.Exit


@app.callback()
def aisle(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Put every product in the right aisle: learn a catalogue's categories or prices.

    \b
    Example:
      aisle demo
      aisle inspect catalog.csv --target category
      aisle train catalog.csv --target category -o model.aisle
      aisle predict model.aisle new.csv -o predictions.csv
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


for _command in COMMANDS:
    app.command(_command.__name__.replace("_", "-"))(expanded(_command))

app.add_typer(encoders_app, name="encoders")
app.add_typer(cache_app, name="cache")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments
        What was typed after ``aisle``; the process's own arguments when left out.

    Returns
    -------
    int
        0; 2 for a user's mistake; 130 when interrupted. A bug is raised, which ends a process
        with status 1.
    """
    sys.excepthook = _report_bug
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        # Calling `app` itself would put Typer's own hook in the place of ours.
        command = get_command(app)
        status = command(args=arguments, prog_name="aisle", standalone_mode=False) or 0
        sys.stdout.flush()
    except (AisleError, typer.TyperException) as error:
        return _complain(_message(error))
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except SystemExit:
        # Raised by Typer and Rich alone, where nobody reads the help to its end.
        _discard()
        return 0
    except OSError as error:
        return _outside(error)
    if status == INTERRUPTED:
        sys.stderr.write("aisle: interrupted; nothing was left half-written\n")
    return int(status)


def _message(error: AisleError | typer.TyperException) -> str:
    if isinstance(error, AisleError):
        return str(error)
    context = getattr(error, "ctx", None)
    where = context.command_path if context is not None else "aisle"
    return f"{error.format_message()}\nTry '{where} --help'."


def _complain(words: str) -> int:
    sys.stderr.write(f"aisle: {words}\n")
    return USER_MISTAKE


def _outside(error: OSError) -> int:
    """Answer trouble with stdout, in which no file of ours had a part."""
    if isinstance(error, BrokenPipeError):
        _discard()
        return 0
    if error.errno not in _DISK:
        raise error
    _discard()
    return _complain(f"the output could not be written ({error.strerror}); free some space")


def _discard() -> None:
    from aisle.cli.screen import discard_stdout

    discard_stdout()


def _report_bug(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    traceback.print_exception(kind, error, trace)
    sys.stderr.write(
        f"aisle {__version__}: this is a bug in Aisle; please report it with the lines above\n"
    )
