import socket
from collections.abc import Iterator

import pytest

from local.errors import CommandError
from local.ports import FREE_RANGE, free_ports, is_free, require_free


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def test_free_ports_are_different_and_below_the_ephemeral_range() -> None:
    ports = free_ports(50)
    assert len(set(ports)) == 50
    assert all(port in FREE_RANGE for port in ports)


def test_a_port_that_something_listens_on_is_not_free(taken_port: int) -> None:
    assert not is_free(taken_port)


def test_a_taken_port_is_refused_with_the_remedy(taken_port: int) -> None:
    with pytest.raises(CommandError, match=rf"^port {taken_port} is in use: stop what uses it, or else$"):
        require_free(taken_port, ", or else")


def test_a_port_is_free_again_right_after_its_server_ended() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            connection, _ = server.accept()
            connection.close()
    assert is_free(port)
