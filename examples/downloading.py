"""Downloads for the scripts beside this file, which can be interrupted and begun again."""

from __future__ import annotations

import io
import re
import time
from http.client import IncompleteRead
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from PIL import Image, UnidentifiedImageError

from aisle import AisleError
from aisle.catalog.images.fetching import ImageFetcher
from aisle.catalog.images.references import IMAGE_SUFFIXES
from aisle.catalog.images.unreadable import UnreadableImageError
from aisle.files import atomic_path

_PIECE_BYTES = 2**20
_PATIENCE_SECONDS = 60.0
_ATTEMPTS = 5
_UNSAFE = re.compile(r"[^\w.-]+")


def downloaded(address: str, folder: Path) -> Path:
    """Return a file from the web, downloaded once; an interrupted download goes on.

    Raises
    ------
    AisleError
        If the address does not answer, or not with the file.
    """
    path = folder / Path(urlsplit(address).path).name
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    print(f"downloading {address}")
    for attempt in range(_ATTEMPTS):
        try:
            _go_on(address, path)
            break
        except (URLError, TimeoutError, ConnectionError, IncompleteRead) as error:
            refused = isinstance(error, HTTPError) and error.code < 500 and error.code != 429
            if refused or attempt == _ATTEMPTS - 1:
                raise AisleError(
                    f"{address}: could not be downloaded ({error}). Try again later, which goes "
                    "on where it stopped, or name a file that you have"
                ) from error
            time.sleep(2.0**attempt)
    return path


def _go_on(address: str, path: Path) -> None:
    """Download to ``PATH.part``, from where a download of the same version stopped."""
    part, version = path.with_name(f"{path.name}.part"), path.with_name(f"{path.name}.version")
    known = version.read_text(encoding="utf-8") if version.exists() and part.exists() else ""
    headers = {"User-Agent": "aisle-examples"}
    if known:
        headers |= {"Range": f"bytes={part.stat().st_size}-", "If-Range": known}
    with urlopen(Request(address, headers=headers), timeout=_PATIENCE_SECONDS) as answer:
        tag = answer.headers.get("ETag") or ""
        # A weak tag does not promise the same bytes, so nothing can be added to them.
        version.write_text("" if tag.startswith("W/") else tag, encoding="utf-8")
        left = answer.length
        with part.open("ab" if answer.status == 206 else "wb") as out:
            before = out.tell()
            while piece := answer.read(_PIECE_BYTES):
                out.write(piece)
            came = out.tell() - before
    if left is not None and came < left:
        raise IncompleteRead(b"", left - came)
    part.replace(path)
    version.unlink()


def photograph(
    address: str | None, name: str, folder: Path, fetch: ImageFetcher
) -> tuple[str | None, str]:
    """Return the path of a photograph, seen from `folder`, and why there is none.

    It lies in ``images/<name>.<suffix>`` below `folder`; one that lies there already is not
    downloaded. Servers that are slow or busy are asked again, later; those that do not answer are
    left alone.
    """
    if not address:
        return None, "the product names none"
    suffix = Path(urlsplit(address).path).suffix.lower()
    plain = _UNSAFE.sub("_", name).lstrip(".")
    path = Path("images") / f"{plain}{suffix if suffix in IMAGE_SUFFIXES else '.jpg'}"
    if (folder / path).exists():
        return path.as_posix(), ""
    try:
        content = fetch(address)
        Image.open(io.BytesIO(content)).verify()
    except UnreadableImageError as error:
        return None, str(error)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        return None, "what lies there is no image"
    with atomic_path(folder / path, durable=False) as temporary:
        temporary.write_bytes(content)
    return path.as_posix(), ""
