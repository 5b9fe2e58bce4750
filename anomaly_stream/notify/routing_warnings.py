"""What a routing file defines or sets without effect, or no longer with any."""

from collections.abc import Iterator, Set

from anomaly_stream.notify.muting import never_ends
from anomaly_stream.notify.receiver_specs import ReceiverSpec
from anomaly_stream.notify.routing_specs import OF_ONE_ALERT, RouteSpec, RoutingSpec

_TIMES = ("group_wait", "group_interval", "repeat_interval")


def warnings_of(spec: RoutingSpec, now: float) -> Iterator[str]:
    """The warnings at a time in seconds since the epoch, for people."""
    routes = dict(_walk(spec.route, "route"))
    used = {route.receiver for route in routes.values()}
    yield from (f"No route uses the receiver {one.name}" for one in spec.receivers if one.name not in used)
    named = {
        name for each in routes.values() for name in (*each.mute_time_intervals, *each.active_time_intervals)
    }
    unused = (one.name for one in spec.time_intervals if one.name not in named)
    yield from (f"No route uses the time interval {name}" for name in unused)
    for number, one in enumerate(spec.receivers):
        yield from _of_receiver(one, f"receivers[{number}]")
    managers = {one.name for one in spec.receivers if one.alertmanager is not None}
    yield from _of_route(spec.route, "route", str(spec.route.receiver), managers)
    intervals = {one.name: one for one in spec.time_intervals}
    for at, route in routes.items():
        mute, active = route.mute_time_intervals, route.active_time_intervals
        if never_ends([intervals[name] for name in mute], [intervals[name] for name in active], now):
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


def _of_route(route: RouteSpec, at: str, above: str, managers: Set[str]) -> Iterator[str]:
    """Settings that only reach Alertmanager, which groups and repeats alerts itself."""
    receiver = route.receiver or above
    for field in (*_TIMES, "group_by"):
        given = getattr(route, field)
        if given is None or _reaches_others(route, field, receiver, managers):
            continue
        if field in _TIMES:
            yield f"{at}.{field} has no effect: Alertmanager groups and repeats alerts itself"
        elif names := sorted(OF_ONE_ALERT.intersection(given)):
            yield f"{at}.{field}: {', '.join(names)} has no effect: Alertmanager identifies alerts by labels"
    for number, each in enumerate(route.routes):
        yield from _of_route(each, f"{at}.routes[{number}]", receiver, managers)


def _reaches_others(route: RouteSpec, field: str, receiver: str, managers: Set[str]) -> bool:
    """Whether a route, or one below that inherits this field, delivers to another kind of receiver."""
    return receiver not in managers or any(
        getattr(each, field) is None and _reaches_others(each, field, each.receiver or receiver, managers)
        for each in route.routes
    )


def _walk(route: RouteSpec, at: str) -> Iterator[tuple[str, RouteSpec]]:
    yield at, route
    for number, each in enumerate(route.routes):
        yield from _walk(each, f"{at}.routes[{number}]")
