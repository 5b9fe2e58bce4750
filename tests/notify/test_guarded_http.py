"""Requests go nowhere but to addresses that a receiver can have."""

import asyncio
import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from anomaly_stream.notify.dispatch import DeliveryError
from anomaly_stream.notify.guarded_http import Guard, GuardedClient
from tests.notify.world import Hook

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
METADATA = "169.254.169.254"
REFUSED = (
    *("127.0.0.1", "localhost", METADATA, "0.0.0.0", "224.0.0.1"),
    *("100.100.100.200", "168.63.129.16", "192.0.0.192"),
    *("::", "::1", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1"),
    *("fe80::1", "fe80::1%lo", "fd00:ec2::254", "ff02::1", "2130706433", "0x7f.1", "0251.0376.0251.0376"),
)
"""The last three are other spellings of IPv4 addresses, which C libraries accept."""


def let_names_stand_for(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """Every name of a host is looked up as this address, port 80."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sockaddr = (address, 80, 0, 0) if ":" in address else (address, 80)
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_, **__: [(family, socket.SOCK_STREAM, 6, "", sockaddr)]
    )


@pytest.fixture
def hook() -> Iterator[Hook]:
    one = Hook()
    yield one
    one.close()


@pytest.mark.parametrize("host", REFUSED)
async def test_no_request_to_them_is_made(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: Any) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", connect)
    shown = f"[{host.replace('%', '%25')}]" if ":" in host else host
    async with GuardedClient(Guard(())) as client:
        with pytest.raises(DeliveryError, match=r"allowed_networks|InvalidUrl"):
            await client.post(f"http://{shown}/latest/meta-data/", b"", {}, 5.0)


@pytest.mark.parametrize("address", [METADATA, "::ffff:169.254.169.254", "fd00:ec2::254"])
async def test_a_name_that_stands_for_such_an_address_is_refused(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_names_stand_for(monkeypatch, address)
    async with GuardedClient(Guard(())) as client:
        with pytest.raises(DeliveryError, match="allowed_networks"):
            await client.post("http://innocent.example.com/", b"", {}, 5.0)


async def test_a_redirect_is_not_followed(hook: Hook) -> None:
    hook.answer = lambda number: 302  # to the same server
    async with GuardedClient(Guard([LOOPBACK])) as client:
        with pytest.raises(DeliveryError, match="HTTP status 302: redirects are not followed"):
            await client.post(hook.url, b"{}", {}, 5.0)
    assert hook.requests == 1


async def test_a_request_to_this_host_is_not_made_and_a_failure_names_no_url(hook: Hook) -> None:
    hook.answer = lambda number: 500
    async with GuardedClient(Guard(())) as client:
        with pytest.raises(DeliveryError, match="refused"):
            await client.post(hook.url, b"{}", {}, 5.0)
    assert hook.requests == 0
    async with GuardedClient(Guard([LOOPBACK])) as allowed:
        with pytest.raises(DeliveryError) as caught:
            await allowed.post(hook.url, b"{}", {}, 5.0)
    assert str(caught.value) == "HTTP status 500"


async def test_a_connection_is_used_again(hook: Hook) -> None:
    async with GuardedClient(Guard([LOOPBACK])) as client:
        for _ in range(3):
            await client.post(hook.url, b"{}", {}, 5.0)
    assert (hook.requests, hook.connections) == (3, 1)


async def test_a_failure_of_a_connection_says_what_happened_and_names_no_host() -> None:
    async with GuardedClient(Guard([LOOPBACK])) as client:
        for url, reason in (
            ("http://127.0.0.1:1/t0ken", "ClientConnectorError: Connection refused"),
            (
                "http://no.host.invalid/t0ken",
                "ClientConnectorDNSError: the name of the host is not found",
            ),
        ):
            with pytest.raises(DeliveryError) as caught:
                await client.post(url, b"{}", {}, 5.0)
            assert str(caught.value) == f"the request failed ({reason})"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\nabcde",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n",  # and nothing more
    ],
)
async def test_a_status_of_success_is_enough_whatever_becomes_of_the_body(answer: bytes) -> None:
    ended = asyncio.Event()

    async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await ended.wait()
        writer.close()

    async with (
        await asyncio.start_server(respond, "127.0.0.1", 0) as server,
        GuardedClient(Guard([LOOPBACK])) as client,
    ):
        await client.post(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", b"{}", {}, 2.0)
        ended.set()


async def test_the_answer_to_a_failure_is_kept_in_part_and_without_secrets() -> None:
    async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = b"no http field of json \x1b[2J x\nat /t0ken?key=p4ss for Bearer s3cret " + b"y " * 300
        writer.write(b"HTTP/1.1 400 Bad\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
        await writer.drain()
        writer.close()

    async with (
        await asyncio.start_server(respond, "127.0.0.1", 0) as server,
        GuardedClient(Guard([LOOPBACK])) as client,
    ):
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/t0ken?key=p4ss"
        with pytest.raises(DeliveryError) as caught:
            await client.post(
                url, b"{}", {"authorization": "Bearer s3cret", "content-type": "application/json"}, 5.0
            )
    assert str(caught.value) == "HTTP status 400"
    assert caught.value.answer.startswith("no http field of json [2J x at /***?***=*** for *** *** y y ")
    assert len(caught.value.answer) <= 200


async def test_a_port_without_tls_is_named(hook: Hook) -> None:
    async with GuardedClient(Guard([LOOPBACK])) as client:
        with pytest.raises(DeliveryError, match="the server does not speak TLS at this port"):
            await client.post(hook.url.replace("http:", "https:"), b"{}", {}, 5.0)
