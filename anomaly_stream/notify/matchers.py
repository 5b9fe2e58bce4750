"""Which alert events a route takes: matchers on the fields and labels of an event."""

import itertools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from anomaly_stream.model import AlertEvent, Severity
from anomaly_stream.model.alerts import AlertStatus, Condition
from anomaly_stream.model.reasons import REASONS, WITHDRAWALS
from anomaly_stream.model.side import Side
from anomaly_stream.registry.faults import did_you_mean
from anomaly_stream.registry.matching import compile_pattern, matches_everything, matches_nothing

FIELDS = (
    *("alert_id", "condition", "config_id", "incident_id", "metric"),
    *("owner", "reason", "severity", "side"),
)
"""Fields of an event that matchers and ``group_by`` can name. Any other name is that of a label."""

_VALUES: Mapping[str, tuple[str, ...]] = {
    "condition": get_args(Condition),
    "reason": ("", *(reason.name for reason in (*REASONS, *WITHDRAWALS))),
    "severity": tuple(severity.label for severity in Severity if severity),
    "side": ("", *get_args(Side)),
}
"""All values of the fields that have few."""
_STATUSES = frozenset(get_args(AlertStatus))

_OTHER_FIELDS = frozenset(
    {
        *("annotations", "detectors", "episode", "event_id", "expected", "explanation", "labels", "lower"),
        *("schema_version", "score", "timestamp", "upper", "value"),
    }
)
"""Fields of an event that routes do not know, with names that labels hardly have."""
_LABELS = "labels."

_LIST = re.compile(r"[\w :/@-]+(\|[\w :/@-]+)*")
_ANOTHER = re.compile(r",\s*[A-Za-z_][A-Za-z0-9_.-]*\s*(=~|!~|!=|=)")
_MATCHER = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_.-]*)\s*(=~|!~|!=|=)\s*(.*?)\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition, such as ``severity =~ "moderate|severe"``.

    Attributes:
        name: a field of the event, or a label.
        op: ``=``, ``!=``, ``=~`` or ``!~``.
        value: a text, or a regular expression for the whole value.
        pattern: the compiled expression; None for ``=`` and ``!=``.
    """

    name: str
    op: str
    value: str
    pattern: Any = None

    def __str__(self) -> str:
        return f"{self.name}{self.op}{json.dumps(self.value, ensure_ascii=False)}"

    def holds(self, fields: Mapping[str, str]) -> bool:
        """Whether the fields of an event satisfy it; a missing label is empty."""
        value = fields.get(self.name, "")
        if self.pattern is not None:
            return (self.pattern.fullmatch(value) is not None) == (self.op == "=~")
        return (value == self.value) == (self.op == "=")

    @property
    def holds_always(self) -> bool:
        """Whether every value satisfies it, and a missing label too."""
        return self.op == "=~" and self.holds({}) and matches_everything(self.value)


def parse_matcher(written: object) -> Matcher:
    """The matcher of a text such as ``owner = payments``. Raises ValueError."""
    if isinstance(written, Matcher):
        return written
    found = _MATCHER.fullmatch(written) if isinstance(written, str) else None
    if found is None or found[3].startswith(("=", "~")):
        raise ValueError("""must be a text such as 'owner = payments' or 'severity =~ "moderate|severe"'""")
    name, op, value = found.groups()
    check_name(name)
    if _ANOTHER.search(value) and not _is_text(value):
        raise ValueError("holds several matchers: write each as an element of the list")
    if len(value) > 1 and value[0] == value[-1] == "'":
        raise ValueError(f"{value}: write the value in double quotes, or without")
    if value.startswith('"'):
        if not _is_text(value):
            raise ValueError(f"{value} is no text in quotes: end it with a quote, or omit both")
        value = json.loads(value)
    matcher = Matcher(name, op, value, compile_pattern(value) if op.endswith("~") else None)
    _check_values(matcher)
    return matcher


def check_name(name: str) -> None:
    """Raises ValueError if a name of a label is certainly meant as something else."""
    if name.startswith(_LABELS):
        raise ValueError(f"{name!r}: labels are named without `{_LABELS}`: {name.removeprefix(_LABELS)}")
    if name not in FIELDS and name.lower() in FIELDS:
        raise ValueError(f"{name!r} is no field; did you mean {name.lower()!r}?")
    if name == "alertname":
        raise ValueError("'alertname' is no field; did you mean 'config_id'?")
    if name in _OTHER_FIELDS:
        raise ValueError(
            f"{name!r} is a field that routes do not know; known are {', '.join(FIELDS)}, labels"
        )


def _is_text(value: str) -> bool:
    """Whether it is one text in double quotes."""
    try:
        return isinstance(json.loads(value), str)
    except ValueError:
        return False


def contradiction_in(matchers: Sequence[Matcher]) -> str | None:
    """Why no event satisfies all of these; None if some may."""
    for one, other in itertools.permutations(matchers, 2):
        if one.name == other.name and one.op == "=" and not other.holds({one.name: one.value}):
            return f"{one} and {other} hold for no event together"
    for name in dict.fromkeys(each.name for each in matchers):
        if values_of(name, matchers) == []:
            given = [str(each) for each in matchers if each.name == name]
            return f"{', '.join(given)} hold for no event together"
    return None


def values_of(name: str, matchers: Sequence[Matcher]) -> list[str] | None:
    """All values of a field or label that satisfy the matchers; None: they are not known."""
    given = [each for each in matchers if each.name == name]
    values = next((each for each in map(_values_named, given) if each is not None), _VALUES.get(name))
    if values is None:
        return None
    return [value for value in values if all(each.holds({name: value}) for each in given)]


def _values_named(matcher: Matcher) -> list[str] | None:
    """The values of ``=``, and of a pattern that is a list such as ``a|b``."""
    if matcher.op == "=":
        return [matcher.value]
    return matcher.value.split("|") if matcher.op == "=~" and _LIST.fullmatch(matcher.value) else None


def _check_values(matcher: Matcher) -> None:
    """Raises ValueError if a matcher names a value that its field never has, or holds for no event."""
    known = _VALUES.get(matcher.name)
    if matcher.name == "status" and set(_values_named(matcher) or ["?"]) <= _STATUSES:
        raise ValueError(
            "the status of an event is not matched, 'status' is a label here: `resolved` goes wherever "
            "the alert went"
        )
    if matcher.pattern is None:
        wanted = [] if known is None or matcher.value in known else [matcher.value]
    elif known is not None:
        parts = matcher.value.split("|") if _LIST.fullmatch(matcher.value) else [matcher.value]
        wanted = [part for part in parts if not any(compile_pattern(part).fullmatch(one) for one in known)]
    else:
        wanted = [matcher.value] if matches_nothing(matcher.value) else []
    if wanted:
        hint = did_you_mean(wanted[0], filter(None, known or ()))
        raise ValueError(f"no event has the {matcher.name} {wanted[0]!r}{hint}")
    if matcher.op == "!~" and matcher.pattern.fullmatch("") and matches_everything(matcher.value):
        raise ValueError(f"{matcher} holds for no event: it excludes every value")


def fields_of(event: AlertEvent) -> dict[str, str]:
    """The labels and fields of an event by name. A field wins over a label of the same name."""
    return {**event.labels, **{name: getattr(event, name, None) or "" for name in FIELDS}}
