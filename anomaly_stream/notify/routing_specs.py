"""A routing file as it is written."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from anomaly_stream.notify.http_values import http_url
from anomaly_stream.notify.intervals import NamedIntervals
from anomaly_stream.notify.matchers import Matcher, check_name, parse_matcher
from anomaly_stream.notify.receiver_specs import ReceiverSpec
from anomaly_stream.notify.router import ALL_LABELS
from anomaly_stream.notify.templates import ALERT_ID
from anomaly_stream.notify.timing import Duration, DurationOrZero
from anomaly_stream.settings import Section

OF_ONE_ALERT = frozenset({"alert_id", "incident_id", "reason", "severity", "side"})
"""Names that do not group messages to Alertmanager, to which all alerts of a series are one alert."""


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


def _some_deliver(receivers: tuple[ReceiverSpec, ...]) -> tuple[ReceiverSpec, ...]:
    if receivers and all(one.drops for one in receivers):
        raise ValueError(
            "all drop everything, because none has an integration: give one of them webhook, alertmanager, "
            "apprise or kafka"
        )
    return receivers


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
    receivers: Annotated[tuple[ReceiverSpec, ...], AfterValidator(_some_deliver)]
    time_intervals: tuple[NamedIntervals, ...] = ()
    alert_url: Annotated[str, AfterValidator(_alert_url)] = ""
