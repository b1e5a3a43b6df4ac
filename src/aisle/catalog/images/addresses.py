"""Web addresses as they stand in catalogues, made fit to be asked for."""

from __future__ import annotations

import re
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from aisle.catalog.images.unreadable import UnreadableImageError

_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HOST = re.compile(r"[\w.-]+|\[[0-9a-f:.]+\]", re.ASCII)
_KEPT = "/%:=&?~+!$,;@'()*[]"


def web_address(address: str, *, seen_from: str = "") -> str:
    """Return an address as it is sent: http or https, with other than ASCII letters encoded.

    Parameters
    ----------
    address
        As found, perhaps with spaces or "ü" in it; what is percent-encoded already stays.
    seen_from
        The address of the page that led there, for one that is relative to it.

    Raises
    ------
    UnreadableImageError
        If it is no web address; the message says what to do.
    """
    try:
        parts = urlsplit(urljoin(seen_from, address.strip()))
        host = _ascii(parts.hostname or "")
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError as error:
        raise UnreadableImageError(f"no valid web address ({error})") from error
    if parts.scheme not in ("http", "https"):
        scheme = f"{parts.scheme}:// addresses" if parts.scheme else "relative addresses"
        raise UnreadableImageError(
            f"{scheme} are not fetched, only http:// and https://: download the images first and "
            "give local paths"
        )
    if not _HOST.fullmatch(host):
        raise UnreadableImageError("no valid web address (it names no host)")
    path = _encoded(parts.path) or "/"
    return urlunsplit((parts.scheme, f"{host}{port}", path, _encoded(parts.query), ""))


def host_of(address: str) -> str:
    """Return the host that an address made by `web_address` names, with its port."""
    return urlsplit(address).netloc


def _ascii(host: str) -> str:
    """Encode an international host name; brackets belong around an IPv6 address."""
    if ":" in host:
        return f"[{host}]"
    return host if host.isascii() else host.encode("idna").decode("ascii")


def _encoded(text: str) -> str:
    return quote(_STRAY_PERCENT.sub("%25", text), safe=_KEPT, errors="replace")
