"""The routing file: read, checked with all its faults at once, and made into a tree of routes."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, ValidationError

from anomaly_stream.errors import ConfigError, FieldFault
from anomaly_stream.notify.composition import MAX_EVENTS
from anomaly_stream.notify.intervals import NamedIntervals
from anomaly_stream.notify.matchers import Matcher, parse_matcher
from anomaly_stream.notify.receiver_specs import ReceiverSpec
from anomaly_stream.notify.router import Route, Timing, route_id
from anomaly_stream.notify.templates import ALERT_ID, Templates
from anomaly_stream.notify.timing import Duration, DurationOrZero
from anomaly_stream.registry.faults import close_to, field_faults
from anomaly_stream.registry.field_lines import FieldLines
from anomaly_stream.registry.yaml_json import load_text, plain
from anomaly_stream.settings import Section

_WAIT_S, _INTERVAL_S, _REPEAT_S = 30.0, 300.0, 4 * 3600.0
_OF_ONE_ALERT = frozenset({"alert_id", "incident_id", "reason", "severity"})


def _alert_url(text: str) -> str:
    if not (re.match(r"https?://[^/\s]+", text) and ALERT_ID in text):
        raise ValueError(
            f"must be a URL that contains {ALERT_ID}, such as https://alerts.example.com/{ALERT_ID}"
        )
    return text


class RouteSpec(Section):
    """A node of the tree as it is written. What it omits is that of the node above."""

    model_config = ConfigDict(populate_by_name=True)

    receiver: str | None = None
    matchers: tuple[Annotated[Matcher, BeforeValidator(parse_matcher)], ...] = ()
    group_by: tuple[str, ...] | None = None
    group_wait: DurationOrZero | None = None
    group_interval: DurationOrZero | None = None
    repeat_interval: Duration | None = None
    proceed: bool = Field(default=False, alias="continue")
    mute_time_intervals: tuple[str, ...] = ()
    active_time_intervals: tuple[str, ...] = ()
    routes: tuple["RouteSpec", ...] = ()


class RoutingSpec(Section):
    """The whole file."""

    route: RouteSpec
    receivers: tuple[ReceiverSpec, ...]
    time_intervals: tuple[NamedIntervals, ...] = ()
    alert_url: Annotated[str, AfterValidator(_alert_url)] = ""


@dataclass(frozen=True, slots=True)
class Routing:
    """Where events go, and how.

    Attributes:
        root: the tree of routes.
        receivers: by name.
        templates: how messages read.
    """

    root: Route
    receivers: dict[str, ReceiverSpec]
    templates: Templates


def load_routing(path: Path) -> Routing:
    """The routing of a YAML file. Raises ConfigError, with each fault's field and line."""
    try:
        text = path.read_text(encoding="utf-8")
        documents = load_text(text, path.name)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigError((FieldFault(str(path), f"cannot be read: {reason}"),)) from None
    document = plain(documents[0]) if len(documents) == 1 else None
    if not isinstance(document, dict):
        raise ConfigError((FieldFault(str(path), "must be one mapping, with route and receivers"),))
    faults = list(_reference_faults(document))
    try:
        spec = RoutingSpec.model_validate(document)
    except ValidationError as error:
        faults = [*field_faults(error, RoutingSpec), *faults]
    if faults:
        lines = FieldLines(text, path.name)
        raise ConfigError(
            tuple(FieldFault(f"{lines.place(one.field)}: {one.field}", one.message) for one in faults)
        )
    return _compiled(spec)


def _reference_faults(document: dict[str, Any]) -> Iterator[FieldFault]:
    """Names that are used and not defined, or defined twice, in whatever the rest of the document is."""
    names: dict[str, set[str]] = {}
    for kind in ("receivers", "time_intervals"):
        listed = document.get(kind)
        entries = listed if isinstance(listed, list) else []
        found = [one["name"] for one in entries if isinstance(one, dict) and isinstance(one.get("name"), str)]
        names[kind] = set(found)
        for name, count in Counter(found).items():
            if count > 1:
                yield FieldFault(kind, f"{name!r} is the name of {count} entries")
    route = document.get("route")
    if isinstance(route, dict):
        if not route.get("receiver"):
            yield FieldFault("route.receiver", "is required: it gets what no other route takes")
        if route.get("matchers"):
            yield FieldFault("route.matchers", "the first route takes everything: put matchers below routes")
        yield from _route_faults(route, "route", names)


def _route_faults(route: dict[str, Any], at: str, names: dict[str, set[str]]) -> Iterator[FieldFault]:
    used: list[tuple[str, str, object]] = [("receiver", "receivers", route.get("receiver"))]
    for field in ("mute_time_intervals", "active_time_intervals"):
        listed = route.get(field)
        used += [(field, "time_intervals", name) for name in (listed if isinstance(listed, list) else [])]
    for field, kind, name in used:
        if isinstance(name, str) and name not in names[kind]:
            yield FieldFault(f"{at}.{field}", f"{name!r} is not among {kind}{close_to(name, names[kind])}")
    routes = route.get("routes")
    for number, each in enumerate(routes if isinstance(routes, list) else []):
        if isinstance(each, dict):
            yield from _route_faults(each, f"{at}.routes[{number}]", names)


def _compiled(spec: RoutingSpec) -> Routing:
    receivers = {one.name: one for one in spec.receivers}
    intervals = {one.name: one for one in spec.time_intervals}
    above = RouteSpec(group_by=(), group_wait=_WAIT_S, group_interval=_INTERVAL_S, repeat_interval=_REPEAT_S)
    templates = Templates(spec.alert_url, {one.name: (one.title, one.text) for one in spec.receivers})
    return Routing(_route(spec.route, above, "", 0, receivers, intervals), receivers, templates)


def _route(
    spec: RouteSpec,
    above: RouteSpec,
    parent: str,
    number: int,
    receivers: dict[str, ReceiverSpec],
    intervals: dict[str, NamedIntervals],
) -> Route:
    inherited = ("receiver", "group_by", "group_wait", "group_interval", "repeat_interval")
    full = spec.model_copy(
        update={name: getattr(above, name) for name in inherited if getattr(spec, name) is None}
    )
    assert full.receiver is not None
    own = route_id(parent, full.matchers, number)
    seen: Counter[str] = Counter()
    below = []
    for each in full.routes:
        key = str(sorted(map(str, each.matchers)))
        below.append(_route(each, full, own, seen[key], receivers, intervals))
        seen[key] += 1
    receiver = receivers[full.receiver]
    return Route(
        own, full.receiver, full.matchers, _group_by(full, receiver), _timing(full, receiver), full.proceed,
        tuple(intervals[name] for name in full.mute_time_intervals),
        tuple(intervals[name] for name in full.active_time_intervals),
        tuple(below),
    )  # fmt: skip


def _group_by(spec: RouteSpec, receiver: ReceiverSpec) -> tuple[str, ...]:
    """To Alertmanager, all alerts of a series are one alert. One group keeps their order."""
    names = spec.group_by or ()
    return (
        names if receiver.alertmanager is None else tuple(each for each in names if each not in _OF_ONE_ALERT)
    )


def _timing(spec: RouteSpec, receiver: ReceiverSpec) -> Timing:
    """Alertmanager groups alerts itself: it gets every event at once, and all open alerts at intervals."""
    if receiver.alertmanager is not None:
        return Timing(0.0, 0.0, receiver.alertmanager.resend_interval)
    assert spec.group_wait is not None
    assert spec.group_interval is not None
    assert spec.repeat_interval is not None
    return Timing(spec.group_wait, spec.group_interval, spec.repeat_interval, MAX_EVENTS)
