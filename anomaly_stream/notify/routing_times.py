"""Routes of a routing file whose messages would wait for ever."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from anomaly_stream.errors import FieldFault
from anomaly_stream.notify.intervals import NamedIntervals
from anomaly_stream.notify.muting import never_ends

_MUTE, _ACTIVE = "mute_time_intervals", "active_time_intervals"
_EVER = 0.0
"""Times from 1970 on count, so that a valid file is valid for good: years that are over are a warning."""


def waiting_faults(document: Mapping[str, Any]) -> Iterator[FieldFault]:
    """The faults of a document; what cannot be read has faults of its own."""
    known: dict[str, NamedIntervals] = {}
    for each in _list_in(document, "time_intervals"):
        try:
            one = NamedIntervals.model_validate(each)
        except ValidationError:
            continue
        known[one.name] = one
    judged: dict[tuple[tuple[str, ...], tuple[str, ...]], tuple[str, str] | None] = {}
    for at, route in _routes(document.get("route"), "route"):
        mute, active = (tuple(_list_in(route, field)) for field in (_MUTE, _ACTIVE))
        if not all(isinstance(name, str) and name in known for name in (*mute, *active)):
            continue
        if (mute, active) not in judged:
            judged[mute, active] = _fault([known[n] for n in mute], [known[n] for n in active])
        if (fault := judged[mute, active]) is not None:
            yield FieldFault(f"{at}.{fault[0]}", fault[1])


def _fault(mute: Sequence[NamedIntervals], active: Sequence[NamedIntervals]) -> tuple[str, str] | None:
    """The field that makes messages wait for ever, and what to do; None if they do not."""
    wait = "so that messages of this route wait for ever"
    if active and never_ends((), active, _EVER):
        return _ACTIVE, f"include no time, {wait}: correct days_of_month or months"
    if mute and never_ends(mute, (), _EVER):
        return _MUTE, f"include every time, {wait}: leave some time out"
    if mute and active and never_ends(mute, active, _EVER):
        return _MUTE, f"include all of {_ACTIVE}, {wait}: leave some of it out"
    return None


def _routes(route: object, at: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(route, dict):
        yield at, route
        for number, each in enumerate(_list_in(route, "routes")):
            yield from _routes(each, f"{at}.routes[{number}]")


def _list_in(found: Mapping[str, Any], field: str) -> list[Any]:
    listed = found.get(field)
    return listed if isinstance(listed, list) else []
