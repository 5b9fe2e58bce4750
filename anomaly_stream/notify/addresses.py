"""Addresses that a receiver cannot have: this host, its network link, and the metadata services of clouds."""

import ipaddress
import re
import socket
from collections.abc import Iterator, Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_METADATA = frozenset(
    map(
        ipaddress.ip_address,
        ("169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192"),
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_LOCALHOST = ("127.0.0.1", "::1")
_NUMBERS = re.compile(r"(0[xX][0-9a-fA-F]*|[0-9]+)(\.(0[xX][0-9a-fA-F]*|[0-9]+)){0,3}")


def refusal_of(address: Address, allowed: Sequence[Network]) -> str | None:
    """Why an address is refused, with the cure; None if it is not. ``allowed`` are accepted anyway."""
    meant = _unwrapped(address)
    if any(meant in network for network in allowed):
        return None
    is_refused = (
        meant in _METADATA
        or meant.is_loopback
        or meant.is_link_local
        or meant.is_multicast
        or meant.is_unspecified
        or meant.is_reserved
    )
    if not is_refused:
        return None
    return f"the address {address} is refused: add its network to notify.allowed_networks"


def refusal_of_host(host: str, allowed: Sequence[Network]) -> str | None:
    """The same for a host as it is written in a URL. A name that must be looked up is not refused here."""
    refusals = [refusal_of(address, allowed) for address in _literals(host)]
    return refusals[0] if refusals and None not in refusals else None


def _literals(host: str) -> Iterator[Address]:
    """The addresses that a host is without a look-up: ``::1``, ``127.1``, ``2130706433``, ``localhost``."""
    name = host.strip("[]").partition("%")[0].rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        yield from map(ipaddress.ip_address, _LOCALHOST)
    elif ":" in name:
        try:
            yield ipaddress.ip_address(name)
        except ValueError:
            return
    elif _NUMBERS.fullmatch(name):
        try:
            yield ipaddress.IPv4Address(socket.inet_aton(name))
        except OSError:
            return


def _unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, if it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
