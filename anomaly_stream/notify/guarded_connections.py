"""The guard of libraries that connect by themselves: each connection of a thread is checked as it is made.

CPython reports every connection to an audit hook, and an exception of the hook refuses it. So no parameter of
a URL, no redirect and no name passes that stands for another address by then.
"""

import contextlib
import functools
import ipaddress
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from anomaly_stream.notify.addresses import Network, refusal_of

_CONNECTS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})


class _RefusedError(PermissionError):
    """A connection is refused. Libraries treat it as one that failed."""


@dataclass(frozen=True, slots=True)
class _Guarded:
    allowed: Sequence[Network]
    refusals: list[str] = field(default_factory=list)


_threads: "WeakKeyDictionary[threading.Thread, _Guarded]" = WeakKeyDictionary()


@contextlib.contextmanager
def guarded_connections(allowed: Sequence[Network]) -> Iterator[list[str]]:
    """Refuse connections of this thread, and of threads that it starts, to addresses no receiver can have.

    Gives why connections were refused, with the cure. Other threads are not affected.

    Args:
        allowed: networks that are accepted anyway.
    """
    _install()
    thread, guarded = threading.current_thread(), _Guarded(allowed)
    _threads[thread] = guarded
    try:
        yield guarded.refusals
    finally:
        del _threads[thread]  # a thread that was started within stays guarded


@functools.cache
def _install() -> None:
    sys.addaudithook(_audit)  # there is no way to remove it
    start = threading.Thread.start

    @functools.wraps(start)
    def start_guarded(thread: threading.Thread) -> None:
        guarded = _threads.get(threading.current_thread())
        if guarded is not None:
            _threads[thread] = guarded
        start(thread)

    threading.Thread.start = start_guarded  # type: ignore[assignment,method-assign]


def _audit(event: str, given: tuple[Any, ...]) -> None:
    if event not in _CONNECTS:
        return
    guarded = _threads.get(threading.current_thread())
    refusal = None if guarded is None else _refusal(given[1], guarded.allowed)
    if guarded is not None and refusal is not None:
        guarded.refusals.append(refusal)
        raise _RefusedError(refusal)


def _refusal(address: Any, allowed: Sequence[Network]) -> str | None:
    if address is None:  # of a datagram: the socket is connected
        return None
    host = str(address[0]) if isinstance(address, tuple) else ""
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:  # a name that the system would look up, or another kind of socket
        return "a connection to something other than an IP address is refused"
    return refusal_of(found, allowed)
