"""HTTP to receivers: no redirects, no proxies, and no requests to addresses of this host or its cloud."""

import ipaddress
import socket
from collections.abc import Sequence

import httpx

from anomaly_stream.notify.dispatch import DeliveryError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_METADATA = frozenset(
    map(ipaddress.ip_address, ("169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16"))
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_FINAL = frozenset({400, 413, 415, 422})


class Guard:
    """Refuses addresses that a receiver cannot have: loopback, link-local, metadata services, multicast.

    Args:
        allowed: networks that are accepted anyway.
    """

    def __init__(self, allowed: Sequence[Network]) -> None:
        self._allowed = allowed

    def resolve(self, host: str, port: int) -> str:
        """An address of the host. Raises DeliveryError if there is none, or one of them is refused."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise DeliveryError("the name of the host is not found") from None
        addresses = [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found]
        for address in addresses:
            if self._is_refused(_unwrapped(address)):
                raise DeliveryError(
                    f"the address {address} is refused: add its network to notify.allowed_networks"
                )
        return str(addresses[0])

    def _is_refused(self, address: Address) -> bool:
        if any(address in network for network in self._allowed):
            return False
        return (
            address in _METADATA
            or address.is_loopback
            or address.is_link_local
            or address.is_multicast
            or address.is_unspecified
            or address.is_reserved
        )


class _GuardedTransport(httpx.BaseTransport):
    """Connects to the very address that was checked; TLS still verifies the name."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._transport = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        address = self._guard.resolve(host, port)
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=address)
        return self._transport.handle_request(request)

    def close(self) -> None:
        self._transport.close()


def guarded_client(guard: Guard) -> httpx.Client:
    """A client for all receivers; safe to use from several threads."""
    return httpx.Client(transport=_GuardedTransport(guard), trust_env=False, follow_redirects=False)


def post(client: httpx.Client, url: str, body: bytes, headers: dict[str, str], timeout_s: float) -> None:
    """POST a body. Raises DeliveryError unless the answer is 2xx. The reason holds no part of the URL."""
    try:
        answer = client.post(url, content=body, headers=headers, timeout=timeout_s)
    except httpx.TimeoutException:
        raise DeliveryError(f"no answer within {timeout_s:g} s") from None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise DeliveryError(f"the request failed ({type(error).__name__})") from None
    if not answer.is_success:
        after = answer.headers.get("retry-after", "")
        raise DeliveryError(
            f"HTTP status {answer.status_code}",
            is_final=answer.status_code in _FINAL,
            retry_after_s=float(after) if after.isdecimal() and len(after) < 8 else 0.0,
        )


def _unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, if it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
