"""Why a list is empty: a filter names what nobody knows, or is meant as a pattern. Warnings, not errors."""

import json
import re
from collections.abc import Callable, Collection, Iterable, Sequence

from anomaly_stream.api.caller import Caller
from anomaly_stream.api.seen_names import label_names
from anomaly_stream.api.state import ApiState
from anomaly_stream.errors import FieldFault
from anomaly_stream.history.queries import HistoryQueries
from anomaly_stream.history.wanted import Wanted
from anomaly_stream.registry.faults import close_to

HEADER = "Anomaly-Stream-Warnings"
"""Has the warnings of a file, as JSON."""
Warn = Callable[[], Sequence[FieldFault]]
"""Says why nothing is found."""
_LONGEST_SHOWN = 100
_PATTERN = re.compile(r"[*?]|^[=!]?~")


def history_warnings(
    state: ApiState, history: HistoryQueries, caller: Caller, wanted: Wanted
) -> list[FieldFault]:
    """What of ``wanted``, of which nothing was found, names no config, metric, owner or label that is known.

    Raises HistoryError.
    """

    readable = caller.readable
    visible = [one for one in state.workers().metrics() if caller.may_see(one.name)]

    def has_any(one: Wanted) -> bool:
        return bool(history.alerts(one, 1) or history.anomalies(one, 1))

    found: list[FieldFault] = []
    owners = history.config_owners(readable)
    config, metric, owner = wanted.config_id, wanted.metric, wanted.owner
    if config is not None and config not in owners and not has_any(Wanted(readable, config_id=config)):
        found.append(_unknown("config", config, f"{caller.id} can see no such config", owners))
    if metric is not None:
        seen = {one.name for one in visible}
        if metric not in seen and not has_any(Wanted(readable, metric=metric)):
            said = "no worker sees such a metric now, and the history has nothing of it"
            found.append(_unknown("metric", metric, said, seen))
    if owner is not None and not has_any(Wanted(readable, owner)):
        found += owner_warnings(state, caller, owner, owners.values())
    labels = [name if value is None else f"{name}={value}" for name, value in wanted.labels]
    known = label_names(visible) if labels else set()
    for name in dict.fromkeys(name for name, _ in wanted.labels):
        if name not in known and not has_any(Wanted(readable, labels=((name, None),))):
            said = "no worker sees a label with this name now, and the history has nothing with it"
            found.append(_unknown("label", name, said, known))
    return found + label_warnings(labels)


def owner_warnings(state: ApiState, caller: Caller, owner: str, owners: Iterable[str]) -> list[FieldFault]:
    """Why nothing of this group is found: ``caller`` sees nothing of it, or it is not known.

    Known are the groups of the settings and the ``owners`` of configs.
    """
    if caller.readable is not None and owner not in caller.readable:
        seen = ", ".join(sorted(caller.readable)) or "no group"
        return [_unknown("owner", owner, f"{caller.id} sees only what belongs to {seen}", caller.readable)]
    known = {*state.settings.access.groups, *owners}
    return [] if owner in known else [_unknown("owner", owner, "nothing belongs to such a group", known)]


def pattern_warnings(field: str, name: str | None) -> list[FieldFault]:
    """A filter by a name that is meant as a pattern."""
    return [FieldFault(field, _not_a_pattern(name))] if name is not None and _PATTERN.search(name) else []


def label_warnings(labels: Sequence[str]) -> list[FieldFault]:
    """Filters by label with a value that is meant as a pattern."""
    return [
        FieldFault("label", _not_a_pattern(label))
        for label in labels
        if _PATTERN.search(label.partition("=")[2])
    ][:1]


def header_of(warnings: Sequence[FieldFault]) -> dict[str, str]:
    """The header with the warnings; none without any."""
    listed = [{"field": one.field, "message": one.message} for one in warnings]
    return {HEADER: json.dumps(listed)} if listed else {}


def _unknown(field: str, name: str, said: str, known: Collection[str]) -> FieldFault:
    if _PATTERN.search(name):
        return FieldFault(field, _not_a_pattern(name))
    return FieldFault(field, f"{_shown(name)}: {said}{close_to(name, known)}")


def _not_a_pattern(text: str) -> str:
    return f"{_shown(text)} is compared as a whole, not as a pattern: write a whole name"


def _shown(text: str) -> str:
    return repr(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…")
