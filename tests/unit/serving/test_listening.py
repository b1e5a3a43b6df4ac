"""The port of a server: mistakes are told, and several processes may listen on it."""

from __future__ import annotations

import pickle
import socket

import pytest

from aisle import AisleError
from aisle.serving import ServingSettings
from aisle.serving.listening import address_of, bound_port

HOSTS = ["127.0.0.1", "::1"]


def settings(host: str = "127.0.0.1", port: int = 0) -> ServingSettings:
    if ":" in host:
        try:
            socket.create_server((host, 0), family=socket.AF_INET6).close()
        except OSError:
            pytest.skip("this machine has no IPv6")
    return ServingSettings(host=host, port=port)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("host", HOSTS)
def test_a_port_that_is_taken_is_told(host: str, shared: bool) -> None:
    with bound_port(settings(host), shared=shared) as bound:
        if shared:
            bound.listen()
        port = bound.getsockname()[1]
        assert address_of(bound).endswith(f":{port}")
        with pytest.raises(AisleError, match=rf"{port}: .*in use\); choose another with --port"):
            bound_port(settings(host, port), shared=not shared)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "192.0.2.1"])
def test_a_host_of_another_machine_is_told(host: str) -> None:
    with pytest.raises(AisleError, match="name one with --host that this machine has"):
        bound_port(settings(host))


@pytest.mark.parametrize("host", HOSTS)
def test_each_process_gets_a_socket_of_its_own(host: str) -> None:
    with bound_port(settings(host), shared=True) as bound:
        address = bound.getsockname()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address[:2])  # nobody listens yet
        opened = [pickle.loads(pickle.dumps(bound)) for _ in range(2)]  # noqa: S301 - our own
        for one in opened:
            assert one.getsockname() == address
            one.listen(64)
            one.setblocking(False)
        callers = [socket.create_connection(address[:2]) for _ in range(64)]
        taken = [_accepted(one) for one in opened]
        assert sum(map(len, taken)) == 64
        assert all(len(found) > 8 for found in taken)
        assert taken[0][0].getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        for one in [*opened, *callers, *taken[0], *taken[1]]:
            one.close()


def _accepted(listener: socket.socket) -> list[socket.socket]:
    found = []
    while True:
        try:
            found.append(listener.accept()[0])
        except BlockingIOError:
            return found
