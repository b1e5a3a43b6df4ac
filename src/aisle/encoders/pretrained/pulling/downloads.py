"""Files of a hub repository: listed, downloaded with resuming, and checked."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from aisle.errors import EncoderError
from aisle.progress import Progress, silent

if TYPE_CHECKING:
    from huggingface_hub import ModelCardData

_BLOCK = 1 << 20
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True)
class RemoteFile:
    """A file of a repository.

    Parameters
    ----------
    path
        In the repository.
    size
        In bytes.
    sha256
        Of a large file's content.
    git_sha1
        Of any other file, as Git computes it.
    """

    path: str
    size: int
    sha256: str | None = None
    git_sha1: str | None = None

    def is_right(self, path: Path) -> bool:
        """Say whether a local file has the size and the digest of this one."""
        if not path.is_file() or path.stat().st_size != self.size:
            return False
        if self.sha256 is not None:
            return _digest(path, hashlib.sha256()) == self.sha256
        if self.git_sha1 is not None:
            start = hashlib.sha1(f"blob {self.size}\0".encode(), usedforsecurity=False)
            return _digest(path, start) == self.git_sha1
        return True


@dataclass(frozen=True)
class Repository:
    """A repository of the hub at one commit.

    Parameters
    ----------
    name
        Owner and name.
    commit
        The revision that was asked for is at this commit.
    licence
        As its card says it, if it does.
    files
        By path.
    """

    name: str
    commit: str
    licence: str | None
    files: Mapping[str, RemoteFile]

    def size(self, paths: Iterable[str]) -> int:
        """Return how many bytes some of the files have."""
        return sum(self.files[path].size for path in paths)


def look_up(name: str, *, revision: str, by_hand: str) -> Repository:
    """Ask the hub what a repository holds.

    Parameters
    ----------
    name
        Owner and name.
    revision
        Branch, tag or commit.
    by_hand
        What a user without the hub can do, for messages.

    Raises
    ------
    EncoderError
        If the hub cannot be reached, or there is no such repository, or access to it is refused.
    """
    from huggingface_hub import HfApi

    with _explained(name, by_hand):
        info = HfApi(endpoint=_endpoint()).model_info(name, revision=revision, files_metadata=True)
    files = {}
    for sibling in info.siblings or ():
        large = sibling.lfs
        size = large.size if large is not None else sibling.size
        if size is None:
            raise EncoderError(
                f"{name}: {_endpoint() or 'the hub'} does not list how large its files are; set "
                f"HF_ENDPOINT to another mirror. {by_hand}"
            )
        files[sibling.rfilename] = RemoteFile(
            sibling.rfilename,
            size,
            large.sha256 if large is not None else None,
            sibling.blob_id if large is None else None,
        )
    # The hub refuses the files of a gated repository, but not its list.
    return Repository(name, info.sha or revision, _licence(info.card_data), files)


def _licence(card: ModelCardData | None) -> str | None:
    told = None if card is None else card.get("license")
    if card is not None and told == "other":
        told = card.get("license_name") or told
    if isinstance(told, list):
        told = ", ".join(str(one) for one in told)
    return str(told) if told else None


def download(
    repository: Repository,
    paths: Iterable[str],
    into: Path,
    *,
    by_hand: str,
    progress: Progress = silent,
) -> None:
    """Download files of a repository; what is there already is not fetched again.

    A download that was cut off goes on where it stopped, in this run or in the next one: the hub's
    own client forgets what it has of a file when its process ends, so the part is kept here.

    Parameters
    ----------
    repository
        From `look_up`.
    paths
        Of the files.
    into
        The folder, in which they keep their paths.
    by_hand
        What a user without the hub can do, for messages.
    progress
        Told the bytes that are there.

    Raises
    ------
    EncoderError
        If the connection fails again and again, the disk is full, or a file is not what it should
        be.
    """
    wanted = [repository.files[path] for path in paths]
    into.mkdir(parents=True, exist_ok=True)
    left = [file for file in wanted if not file.is_right(into / file.path)]
    total, had = sum(file.size for file in wanted), 0
    _check_space(into, sum(file.size for file in left), repository.name)
    for file in wanted:
        if file in left:
            start = had

            def tell(done: int, start: int = start) -> None:
                progress(f"downloading {repository.name}", start + done, total)

            _fetch(repository, file, into / file.path, by_hand, tell)
        had += file.size
        progress(f"downloading {repository.name}", had, total)


def _fetch(
    repository: Repository, file: RemoteFile, path: Path, by_hand: str, tell: Callable[[int], None]
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{(file.sha256 or repository.commit)[:12]}.partial")
    while _size(partial) != file.size or not partial.is_file():
        before = _size(partial)
        try:
            with _explained(repository.name, by_hand):
                _get(repository, file, partial, tell)
        except EncoderError:
            # As long as something arrives, the connection is worth another try.
            if _size(partial) <= before:
                raise
    if not file.is_right(partial):
        partial.unlink(missing_ok=True)
        raise EncoderError(
            f"{repository.name}: its file {file.path!r} did not arrive as the hub lists it (size "
            "or digest differ); pull again, and if it stays so, ask whoever runs the mirror or "
            "proxy in between"
        )
    partial.replace(path)


def _get(
    repository: Repository, file: RemoteFile, partial: Path, tell: Callable[[int], None]
) -> None:
    """Append what is missing of a file."""
    from huggingface_hub import hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    if _size(partial) > file.size:
        partial.unlink()
    if file.size == 0:
        partial.touch()
        return
    address = hf_hub_url(
        repository.name, file.path, revision=repository.commit, endpoint=_endpoint()
    )
    with _quiet_bars(), _Telling(partial, tell) as out:
        http_get(
            address,
            out,
            resume_size=out.tell(),
            headers=build_hf_headers(),
            expected_size=file.size,
        )


class _Telling(io.BufferedWriter):
    """A file that is appended to, and tells how long it is."""

    def __init__(self, path: Path, tell: Callable[[int], None]) -> None:
        super().__init__(io.FileIO(path, "ab"))
        self._tell_length = tell

    def write(self, data: object) -> int:
        written = super().write(data)  # type: ignore[arg-type]
        self._tell_length(self.tell())
        return written


@contextmanager
def _explained(name: str, by_hand: str) -> Iterator[None]:
    """Say what went wrong with the hub, and what can be done, in one message."""
    from huggingface_hub.errors import HfHubHTTPError

    # The base of the hub's errors is that of its transport, which has changed over its versions.
    troubles = (OSError, ValueError, *cast(tuple[type[Exception]], HfHubHTTPError.__bases__))
    try:
        yield
    except EncoderError:
        raise
    except troubles as error:
        raise EncoderError(_explanation(error, name, by_hand)) from error


def _explanation(error: Exception, name: str, by_hand: str) -> str:
    from huggingface_hub import errors

    hub = _endpoint() or "https://huggingface.co"
    told = {
        errors.GatedRepoError: (
            "its owner lets only those in who agreed to the terms; agree to them at "
            f"{hub}/{name}, then set HF_TOKEN to a token of yours. {by_hand}"
        ),
        errors.RevisionNotFoundError: f"{hub} does not have the revision that was asked for",
        errors.RepositoryNotFoundError: (
            f"{hub} has no such repository, or it is private; check the spelling (OWNER/NAME), or "
            "set HF_TOKEN to a token that may read it"
        ),
        errors.HFValidationError: "is no name of a repository; expected OWNER/NAME",
        errors.OfflineModeIsEnabled: (
            f"HF_HUB_OFFLINE is set, so that nothing is downloaded; unset it. {by_hand}"
        ),
        errors.HfHubHTTPError: (
            f"{hub} answered with {_first_line(error)}; try again later, or set HF_ENDPOINT to a "
            f"mirror. {by_hand}"
        ),
    }
    if isinstance(error, OSError) and error.errno in _FULL:
        return f"{name}: the disk is full ({error.strerror}); free some space and pull again"
    for kind, words in told.items():
        if isinstance(error, kind):
            return f"{name}: {words}"
    return (
        f"{name}: {hub} could not be reached or broke off ({_first_line(error)}); what has arrived "
        f"is kept, so pull again to go on, or set HF_ENDPOINT to a mirror. {by_hand}"
    )


def _check_space(folder: Path, needed: int, name: str) -> None:
    # Twice: what is downloaded is copied into the encoder folder before it is thrown away.
    free = shutil.disk_usage(folder).free
    if free < 2 * needed:
        raise EncoderError(
            f"{name}: {2 * needed / 1e6:,.0f} MB are needed and {folder} has {free / 1e6:,.0f} MB "
            "free; free some space, or name another folder with --to"
        )


@contextmanager
def _quiet_bars() -> Iterator[None]:
    """Keep the hub's client from drawing bars of its own."""
    from huggingface_hub.utils import (  # type: ignore[attr-defined]
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )

    # What the environment says cannot be changed, and need not be.
    if are_progress_bars_disabled() or os.environ.get("HF_HUB_DISABLE_PROGRESS_BARS"):
        yield
        return
    disable_progress_bars()
    try:
        yield
    finally:
        enable_progress_bars()


def _endpoint() -> str | None:
    """Return the address of the hub; the client reads it only once, when it is imported."""
    named = os.environ.get("HF_ENDPOINT", "").rstrip("/")
    return named or None


def _digest(path: Path, digest: hashlib._Hash) -> str:
    with path.open("rb") as content:
        while block := content.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
