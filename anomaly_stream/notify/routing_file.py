"""The routing file: read, checked with all its faults at once, and made into a tree of routes."""

import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, ValidationError

from anomaly_stream.errors import ConfigError, FieldFault
from anomaly_stream.notify.composition import MAX_EVENTS
from anomaly_stream.notify.http_values import http_url
from anomaly_stream.notify.intervals import NamedIntervals
from anomaly_stream.notify.matchers import Matcher, check_name, parse_matcher
from anomaly_stream.notify.receiver_specs import ReceiverSpec
from anomaly_stream.notify.router import ALL_LABELS, Route, Timing, route_id
from anomaly_stream.notify.routing_names import reference_faults
from anomaly_stream.notify.routing_times import waiting_faults
from anomaly_stream.notify.surroundings import Surroundings
from anomaly_stream.notify.templates import ALERT_ID, Templates
from anomaly_stream.notify.timing import Duration, DurationOrZero
from anomaly_stream.ops import terminal
from anomaly_stream.registry.faults import field_faults
from anomaly_stream.registry.field_lines import FieldLines
from anomaly_stream.registry.yaml_json import load_text, plain
from anomaly_stream.settings import Section

_WAIT_S, _INTERVAL_S, _REPEAT_S = 30.0, 300.0, 4 * 3600.0
_OF_ONE_ALERT = frozenset({"alert_id", "incident_id", "reason", "severity"})


def _alert_url(text: str) -> str:
    filled = text.replace(ALERT_ID, "0")
    try:
        http_url(filled)
        is_valid = filled != text and not re.search(r"[{}]", filled)
    except ValueError:
        is_valid = False
    if not is_valid:
        raise ValueError(
            f"must be a URL that contains {ALERT_ID} and no other braces, "
            f"such as https://alerts.example.com/{ALERT_ID}"
        )
    return text


def _group_by(names: tuple[str, ...]) -> tuple[str, ...]:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{', '.join(map(repr, twice))} is named twice: name each label once")
    if ALL_LABELS in names and len(names) > 1:
        raise ValueError(f"{ALL_LABELS!r} stands for every label: omit the others")
    if not all(names):
        raise ValueError("an empty name is no label: omit it")
    for name in names:
        check_name(name)
    return names


class RouteSpec(Section):
    """A node of the tree as it is written. What it omits is that of the node above."""

    model_config = ConfigDict(populate_by_name=True)

    receiver: str | None = None
    matchers: tuple[Annotated[Matcher, BeforeValidator(parse_matcher)], ...] = ()
    group_by: Annotated[tuple[str, ...], AfterValidator(_group_by)] | None = None
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
        unused: receivers and time intervals that no route names, for people.
    """

    root: Route
    receivers: dict[str, ReceiverSpec]
    templates: Templates
    unused: tuple[str, ...]


def load_routing(path: Path, surroundings: Surroundings) -> Routing:
    """The routing of a YAML file. Raises ConfigError, with each fault's field and line."""
    text, document = _read(path)
    if not isinstance(document, dict):
        raise ConfigError((FieldFault(str(path), "must be one mapping, with route and receivers"),))
    faults = [*reference_faults(document), *waiting_faults(document, time.time())]
    try:
        spec = RoutingSpec.model_validate(document, context=surroundings)
    except ValidationError as error:
        faults = [*field_faults(error, RoutingSpec), *faults]
    if faults:
        lines = FieldLines(text, path.name)
        raise ConfigError(tuple(_with_line(one, lines) for one in faults))
    return _compiled(spec)


def _compiled(spec: RoutingSpec) -> Routing:
    receivers = {one.name: one for one in spec.receivers}
    intervals = {one.name: one for one in spec.time_intervals}
    above = RouteSpec(group_by=(), group_wait=_WAIT_S, group_interval=_INTERVAL_S, repeat_interval=_REPEAT_S)
    templates = Templates(spec.alert_url, {one.name: (one.title, one.text) for one in spec.receivers})
    root = _route(spec.route, above, "", 0, receivers, intervals)
    return Routing(root, receivers, templates, tuple(_unused(root, receivers, intervals)))


def _with_line(fault: FieldFault, lines: FieldLines) -> FieldFault:
    """The fault with its line; what the file holds is shown without its control characters."""
    field = f"{lines.place(fault.field)}: {terminal.line(fault.field)}"
    return FieldFault(field, terminal.line(fault.message))


def _read(path: Path) -> tuple[str, Any]:
    """The text of a file and its one document; None if it has another number of them. Raises ConfigError."""
    try:
        text = path.read_text(encoding="utf-8")
        documents = load_text(text, path.name)
        return text, plain(documents[0]) if len(documents) == 1 else None
    except OSError as error:
        reason = str(error.strerror)
    except UnicodeDecodeError as error:
        reason = f"is not UTF-8: {error.reason} at byte {error.start}"
    except RecursionError:
        reason = "nested too deeply, or an alias is within its own anchor"
    except ValueError as error:
        reason = str(error)
    raise ConfigError((FieldFault(str(path), f"cannot be read: {reason}"),))


def _unused(root: Route, receivers: Iterable[str], intervals: Iterable[str]) -> Iterator[str]:
    routes = list(root.walk())
    used = {route.receiver for route in routes}
    yield from (f"receiver {name}" for name in receivers if name not in used)
    named = {each.name for route in routes for each in (*route.mute, *route.active)}
    yield from (f"time interval {name}" for name in intervals if name not in named)


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
        own, full.receiver, full.matchers, _shared(full, receiver), _timing(full, receiver), full.proceed,
        tuple(intervals[name] for name in full.mute_time_intervals),
        tuple(intervals[name] for name in full.active_time_intervals),
        tuple(below),
    )  # fmt: skip


def _shared(spec: RouteSpec, receiver: ReceiverSpec) -> tuple[str, ...]:
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
