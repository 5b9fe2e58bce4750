"""The routing file: read, checked with all its faults at once, and made into a tree of routes."""

import math
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from anomaly_stream.errors import ConfigError, FieldFault
from anomaly_stream.notify.composition import MAX_EVENTS
from anomaly_stream.notify.intervals import NamedIntervals
from anomaly_stream.notify.receiver_specs import ReceiverSpec
from anomaly_stream.notify.router import Route, Timing, route_id
from anomaly_stream.notify.routing_names import reference_faults
from anomaly_stream.notify.routing_specs import OF_ONE_ALERT, RouteSpec, RoutingSpec
from anomaly_stream.notify.routing_times import waiting_faults
from anomaly_stream.notify.routing_warnings import warnings_of
from anomaly_stream.notify.surroundings import Surroundings
from anomaly_stream.notify.templates import Templates
from anomaly_stream.ops import terminal
from anomaly_stream.registry.faults import field_faults
from anomaly_stream.registry.field_lines import FieldLines
from anomaly_stream.registry.yaml_json import load_text, plain

_WAIT_S, _INTERVAL_S, _REPEAT_S = 30.0, 300.0, 4 * 3600.0


@dataclass(frozen=True, slots=True)
class Routing:
    """Where events go, and how.

    Attributes:
        root: the tree of routes.
        receivers: by name.
        templates: how messages read.
        warnings: what has no effect, for people.
    """

    root: Route
    receivers: dict[str, ReceiverSpec]
    templates: Templates
    warnings: tuple[str, ...]


def load_routing(path: Path, surroundings: Surroundings) -> Routing:
    """The routing of a YAML file. Raises ConfigError, with each fault's field and line."""
    text, document = _read(path)
    if not isinstance(document, dict):
        raise ConfigError((FieldFault(str(path), "must be one mapping, with route and receivers"),))
    faults = [*reference_faults(document), *waiting_faults(document)]
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
    return Routing(root, receivers, templates, tuple(warnings_of(spec, time.time())))


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
        receiver.drops,
    )  # fmt: skip


def _shared(spec: RouteSpec, receiver: ReceiverSpec) -> tuple[str, ...]:
    """To Alertmanager, all alerts of a series are one alert. One group keeps their order."""
    names = spec.group_by or ()
    return (
        names if receiver.alertmanager is None else tuple(each for each in names if each not in OF_ONE_ALERT)
    )


def _timing(spec: RouteSpec, receiver: ReceiverSpec) -> Timing:
    """Alertmanager groups alerts itself: it gets every event at once, and all open alerts at intervals."""
    if receiver.alertmanager is not None:
        return Timing(0.0, 0.0, receiver.alertmanager.resend_interval)
    assert spec.group_wait is not None
    assert spec.group_interval is not None
    assert spec.repeat_interval is not None
    interval_s, repeat_s = spec.group_interval, spec.repeat_interval
    if interval_s:  # a reminder waits for the next interval, as in Alertmanager
        repeat_s = interval_s * math.ceil(repeat_s / interval_s)
    return Timing(spec.group_wait, interval_s, repeat_s, MAX_EVENTS)
