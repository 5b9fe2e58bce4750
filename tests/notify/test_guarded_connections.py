"""Libraries that connect by themselves reach no address that a receiver cannot have."""

import contextlib
import ipaddress
import socket
import threading
from collections.abc import Iterator

import pytest

from anomaly_stream.notify.guarded_connections import guarded_connections
from tests.notify.test_guarded_http import METADATA, REFUSED, let_names_stand_for

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")


@pytest.fixture
def port() -> Iterator[int]:
    """The port of a server of TCP on 127.0.0.1."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def connect(host: str, port: int) -> None:
    socket.create_connection((host, port), 5.0).close()


@pytest.mark.parametrize("host", REFUSED)
def test_addresses_of_this_host_and_its_cloud_are_refused(host: str) -> None:
    with guarded_connections(()) as refusals, pytest.raises(PermissionError, match="allowed_networks"):
        connect(host, 80)
    assert all("notify.allowed_networks" in each for each in refusals)


@pytest.mark.parametrize("address", [METADATA, "::ffff:169.254.169.254", "fd00:ec2::254"])
def test_a_name_that_stands_for_such_an_address_is_refused(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_names_stand_for(monkeypatch, address)
    with guarded_connections(()), pytest.raises(PermissionError, match="allowed_networks"):
        connect("innocent.example.com", 80)


def test_allowed_networks_and_other_threads_and_times_are_not_refused(port: int) -> None:
    with guarded_connections([LOOPBACK]) as refusals:
        connect("127.0.0.1", port)
    assert refusals == []
    entered, left = threading.Event(), threading.Event()

    def guarded() -> None:
        with guarded_connections(()):
            entered.set()
            left.wait(20)

    other = threading.Thread(target=guarded)
    other.start()
    assert entered.wait(20)
    connect("127.0.0.1", port)
    left.set()
    other.join()
    connect("127.0.0.1", port)


def test_a_thread_that_is_started_within_is_guarded_also_afterwards(port: int) -> None:
    begin, failures = threading.Event(), list[OSError]()

    def late() -> None:
        begin.wait(20)
        try:
            connect("127.0.0.1", port)
        except OSError as error:
            failures.append(error)

    with guarded_connections(()) as refusals:
        thread = threading.Thread(target=late)
        thread.start()
    begin.set()
    thread.join()
    assert [type(each).__base__ for each in failures] == [PermissionError]
    assert len(refusals) == 1


def test_datagrams_names_and_local_sockets_are_refused() -> None:
    with (
        guarded_connections(()) as refusals,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
        socket.socket(socket.AF_UNIX) as local,
    ):
        for attempt in (
            lambda: datagrams.sendto(b"x", ("127.0.0.1", 514)),
            lambda: datagrams.sendmsg([b"x"], (), 0, ("127.0.0.1", 514)),
            lambda: datagrams.connect_ex(("127.0.0.1", 514)),
            lambda: datagrams.sendto(b"x", ("localhost", 514)),
            lambda: local.connect("/nowhere"),
        ):
            with contextlib.suppress(PermissionError):
                attempt()
                raise AssertionError("it was not refused")
    assert ["notify.allowed_networks" in each for each in refusals] == [True, True, True, False, False]
