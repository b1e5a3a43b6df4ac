"""The port of a server: bound at once, so that a mistake is told; of several workers, for each."""

from __future__ import annotations

import errno
import os
import socket
import sys
from typing import Any

from aisle.errors import AisleError
from aisle.serving.settings import ServingSettings

BACKLOG = 2_048
"""Connections that may wait to be accepted."""

_SPREADS = sys.platform == "linux"


class PortOfMany(socket.socket):
    """A port that several processes listen on, each with a socket of its own.

    The kernel then spreads connections over them. Of one socket that all share, the process that
    wakes first takes every connection that waits, and the others stand idle.

    This one is bound and never listens: it keeps the port. Handed to a new process, it becomes a
    socket there that is bound to the same port.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        return _bound_too, (self.family, self.getsockname())


def bound_port(settings: ServingSettings, *, shared: bool = False) -> socket.socket:
    """Return a socket that is bound to the port of the settings.

    Parameters
    ----------
    settings
        Name host and port.
    shared
        Whether it is for several processes.

    Raises
    ------
    AisleError
        If the port is taken, or the host is none of this machine.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        bound = socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
        if shared and _SPREADS:
            # Bound alone first: a port that another server's workers share is taken all the same.
            address = bound.getsockname()
            bound.close()
            bound = _prepared(PortOfMany(family, socket.SOCK_STREAM, socket.IPPROTO_TCP), address)
    except OSError as error:
        # Negative numbers are of the look-up of names.
        elsewhere = (error.errno or 0) < 0 or error.errno == errno.EADDRNOTAVAIL
        # What `create_server` adds to the reason names the address once more.
        reason = error.strerror if elsewhere or not error.errno else os.strerror(error.errno)
        port, host = "choose another with --port, 0 for any that is free", "name one with --host"
        raise AisleError(
            f"{settings.host}:{settings.port}: cannot be listened on ({reason or error}); "
            f"{host + ' that this machine has' if elsewhere else port}"
        ) from error
    # Connections inherit it. asyncio sets it only where a socket names its protocol, and without it
    # the body of an answer waits some 40 ms for the caller to acknowledge its head.
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    bound.set_inheritable(True)
    return bound


def address_of(bound: socket.socket) -> str:
    """Return the address of a server on this socket, for people and clients."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _bound_too(family: int, address: tuple[Any, ...]) -> socket.socket:
    bound = _prepared(socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP), address)
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return bound


def _prepared(one: socket.socket, address: tuple[Any, ...]) -> socket.socket:
    """Bind a socket beside others of the same port."""
    if one.family == socket.AF_INET6:
        one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    one.bind(address)
    return one
