"""What goes wrong between asking a server and its answer, in words."""

from __future__ import annotations

import http.client
import socket
import ssl
from urllib.error import URLError

FAILURES = (OSError, http.client.HTTPException, ValueError)
"""What urllib raises where there is no answer at all, or not the whole of one."""

_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (TimeoutError, "no answer in time"),
    (ConnectionRefusedError, "the connection was refused"),
    (socket.gaierror, "the host's name is not known"),
    (ssl.SSLCertVerificationError, "the server's certificate is not valid"),
    (http.client.IncompleteRead, "truncated: the connection ended before the answer was whole"),
    (ConnectionError, "the connection broke off"),
    (http.client.HTTPException, "no valid HTTP answer"),
)


def in_words(failure: BaseException) -> str:
    """Say what one of `FAILURES` means."""
    cause = _cause(failure)
    for kind, words in _WORDS:
        if isinstance(cause, kind):
            return words
    return f"it cannot be fetched: {getattr(cause, 'strerror', None) or cause}"


def may_pass(failure: BaseException) -> bool:
    """Say whether asking again may help: an unknown name or a wrong certificate stays."""
    cause = _cause(failure)
    if isinstance(cause, socket.gaierror):
        return cause.errno == socket.EAI_AGAIN
    return not isinstance(cause, http.client.InvalidURL | ValueError)


def _cause(failure: BaseException) -> BaseException:
    """Return what urllib wrapped."""
    if isinstance(failure, URLError) and isinstance(failure.reason, BaseException):
        return failure.reason
    return failure
