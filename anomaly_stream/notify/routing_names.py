"""Faults between the parts of a routing file: names that are not defined, and routes that receive nothing."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from anomaly_stream.errors import FieldFault
from anomaly_stream.notify.matchers import Matcher, contradiction_in, parse_matcher
from anomaly_stream.notify.shadowing import is_shadowed
from anomaly_stream.registry.faults import close_to

_Names = Mapping[str, frozenset[str] | None]
"""By kind, what is defined; None: unknown, because a definition has no name that can be read."""

_FIELDS = {
    *("receiver", "matchers", "continue", "routes", "mute_time_intervals", "active_time_intervals"),
    *("group_by", "group_wait", "group_interval", "repeat_interval"),
}


def reference_faults(document: dict[str, Any]) -> Iterator[FieldFault]:
    """The faults of a document, whatever the rest of it is."""
    names: dict[str, frozenset[str] | None] = {}
    for kind in ("receivers", "time_intervals"):
        found = _names_in(document.get(kind, []))
        names[kind] = None if found is None else frozenset(found)
        for name, count in Counter(found or ()).items():
            if count > 1:
                yield FieldFault(kind, f"{name!r} is the name of {count} entries")
    route = document.get("route")
    if isinstance(route, dict):
        if not route.get("receiver"):
            yield FieldFault("route.receiver", "is required: it gets what no other route takes")
        if route.get("matchers"):
            yield FieldFault("route.matchers", "the first route takes everything: put matchers below routes")
        if route.get("continue"):
            yield FieldFault("route.continue", "the first route has no siblings: omit it")
        yield from _route_faults(route, "route", names, ())


def _names_in(listed: object) -> list[str] | None:
    """The names of a list of definitions; None if one of them cannot be read."""
    if not isinstance(listed, list):
        return None
    found = [one.get("name") if isinstance(one, dict) else None for one in listed]
    return [name for name in found if isinstance(name, str)] if all(found) else None


def _route_faults(
    route: dict[str, Any], at: str, names: _Names, above: Sequence[Matcher]
) -> Iterator[FieldFault]:
    used: list[tuple[str, str, object]] = [("receiver", "receivers", route.get("receiver"))]
    for field in ("mute_time_intervals", "active_time_intervals"):
        listed = route.get(field)
        used += [(field, "time_intervals", name) for name in (listed if isinstance(listed, list) else [])]
    for field, kind, name in used:
        known = names[kind]
        if isinstance(name, str) and known is not None and name not in known:
            yield FieldFault(f"{at}.{field}", f"{name!r} is not among {kind}{close_to(name, known)}")
    matchers = [*above, *_matchers_of(route)] if at != "route" else []
    contradiction = contradiction_in(matchers)
    if contradiction is not None and contradiction_in(above) is None:
        yield FieldFault(f"{at}.matchers", f"the route receives nothing: {contradiction}")
    listed = route.get("routes")
    routes = listed if isinstance(listed, list) else []
    for number, each in enumerate(routes):
        if isinstance(each, dict):
            yield from _route_faults(each, f"{at}.routes[{number}]", names, matchers)
    if contradiction_in(matchers) is None:
        yield from _shadow_faults(routes, at, matchers)


def _shadow_faults(routes: list[Any], at: str, above: Sequence[Matcher]) -> Iterator[FieldFault]:
    """The routes to which earlier siblings leave nothing; once, if one of these takes everything."""
    earlier: list[list[Matcher]] = []
    for number, each in enumerate(routes):
        if not isinstance(each, dict):
            continue
        own = list(_matchers_of(each))
        matchers = [*above, *own]
        if earlier and contradiction_in(matchers) is None and is_shadowed(matchers, earlier):
            yield FieldFault(
                f"{at}.routes[{number}]",
                "receives nothing, because routes before it take all its events: "
                "put it before them, or give them `continue: true`",
            )
        elif _keeps_what_it_takes(each, own):
            if is_shadowed(above, [own]):
                if number + 1 < len(routes):
                    yield FieldFault(
                        f"{at}.routes[{number}]",
                        "takes everything, so that the routes after it receive nothing: "
                        "give it matchers or `continue: true`, or put it last",
                    )
                return
            earlier.append(own)


def _keeps_what_it_takes(route: dict[str, Any], matchers: Sequence[Matcher]) -> bool:
    """Whether later siblings get none of its events. What cannot be read may be meant to be its matchers."""
    written = route.get("matchers") or []
    is_read = isinstance(written, list) and len(written) == len(matchers) and not route.keys() - _FIELDS
    return is_read and not route.get("continue")


def _matchers_of(route: dict[str, Any]) -> Iterator[Matcher]:
    """Those that can be read; the others have faults of their own."""
    listed = route.get("matchers")
    for each in listed if isinstance(listed, list) else []:
        try:
            yield parse_matcher(each)
        except ValueError:
            continue
