"""What a routing file defines or sets without effect, or no longer with any."""

from collections.abc import Iterator, Mapping

from anomaly_stream.notify.muting import never_ends
from anomaly_stream.notify.receiver_specs import ReceiverSpec
from anomaly_stream.notify.routing_specs import OF_ONE_ALERT, RouteSpec, RoutingSpec

_TIMES = ("group_wait", "group_interval", "repeat_interval")
_INTERVALS = ("mute_time_intervals", "active_time_intervals")


def warnings_of(spec: RoutingSpec, now: float) -> Iterator[str]:
    """The warnings at a time in seconds since the epoch, for people."""
    receivers = {one.name: one for one in spec.receivers}
    intervals = {one.name: one for one in spec.time_intervals}
    routes = list(_walk(spec.route, "route", receivers[str(spec.route.receiver)], receivers))
    used = {receiver.name for _, _, receiver in routes}
    yield from (f"No route uses the receiver {name}" for name in receivers if name not in used)
    named = {name for _, route, _ in routes for field in _INTERVALS for name in getattr(route, field)}
    yield from (f"No route uses the time interval {name}" for name in intervals if name not in named)
    for number, one in enumerate(spec.receivers):
        yield from _of_receiver(one, f"receivers[{number}]")
    for at, route, receiver in routes:
        yield from _of_route(at, route, receiver, receivers)
    for at, route, receiver in routes:
        mute, active = ([intervals[name] for name in getattr(route, field)] for field in _INTERVALS)
        if not receiver.drops and never_ends(mute, active, now):
            yield f"The times of {at} are over, so its messages wait for ever: correct the years"


def _of_receiver(one: ReceiverSpec, at: str) -> Iterator[str]:
    """Texts that no message has, and passwords that everybody who reads the file has."""
    why = "Alertmanager has templates of its own" if one.alertmanager is not None else "it drops everything"
    for field in ("title", "text"):
        if (one.alertmanager is not None or one.drops) and getattr(one, field) is not None:
            yield f"{at}.{field} has no effect: {why}"
    for field, url in one.urls().items():
        if url.shows_a_password:
            yield (
                f"{at}.{field} shows its password to everybody who reads this file: put the whole URL into a "
                "variable or a file, and write {env: NAME} or {file: PATH}"
            )


def _of_route(
    at: str, route: RouteSpec, receiver: ReceiverSpec, receivers: Mapping[str, ReceiverSpec]
) -> Iterator[str]:
    """Settings that only reach Alertmanager, which groups alerts itself, or what drops everything."""
    for field in (*_TIMES, "group_by"):
        given = getattr(route, field)
        if given is None:
            continue
        reached = list(_reached(route, field, receiver, receivers))
        if all(one.drops for one in reached):
            yield _dropped(f"{at}.{field}", receiver)
        elif any(one.alertmanager is None and not one.drops for one in reached):
            continue
        elif field in _TIMES:
            yield f"{at}.{field} has no effect: Alertmanager groups and repeats alerts itself"
        elif names := sorted(OF_ONE_ALERT.intersection(given)):
            yield f"{at}.{field}: {', '.join(names)} has no effect: Alertmanager identifies alerts by labels"
    for field in _INTERVALS:
        if receiver.drops and getattr(route, field):
            yield _dropped(f"{at}.{field}", receiver)


def _dropped(at: str, receiver: ReceiverSpec) -> str:
    return f"{at} has no effect: the receiver {receiver.name} drops everything"


def _reached(
    route: RouteSpec, field: str, receiver: ReceiverSpec, receivers: Mapping[str, ReceiverSpec]
) -> Iterator[ReceiverSpec]:
    """The receivers of a route and of those below that inherit this field."""
    yield receiver
    for each in route.routes:
        if getattr(each, field) is None:
            yield from _reached(each, field, _receiver_of(each, receiver, receivers), receivers)


def _walk(
    route: RouteSpec, at: str, receiver: ReceiverSpec, receivers: Mapping[str, ReceiverSpec]
) -> Iterator[tuple[str, RouteSpec, ReceiverSpec]]:
    """A route and all below it: where it is written, and its receiver."""
    yield at, route, receiver
    for number, each in enumerate(route.routes):
        yield from _walk(each, f"{at}.routes[{number}]", _receiver_of(each, receiver, receivers), receivers)


def _receiver_of(
    route: RouteSpec, above: ReceiverSpec, receivers: Mapping[str, ReceiverSpec]
) -> ReceiverSpec:
    return above if route.receiver is None else receivers[route.receiver]
