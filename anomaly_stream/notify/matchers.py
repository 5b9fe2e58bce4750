"""Which alert events a route takes: matchers on the fields and labels of an event."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from anomaly_stream.model import AlertEvent
from anomaly_stream.registry.matching import compile_pattern

FIELDS = ("alert_id", "config_id", "incident_id", "metric", "owner", "reason", "severity")
"""Fields of an event that matchers and ``group_by`` can name. Any other name is that of a label."""

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


def parse_matcher(written: object) -> Matcher:
    """The matcher of a text such as ``owner = payments``. Raises ValueError."""
    if isinstance(written, Matcher):
        return written
    found = _MATCHER.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        raise ValueError("""must be a text such as 'owner = payments' or 'severity =~ "moderate|severe"'""")
    name, op, value = found.groups()
    if value.startswith('"'):
        try:
            value = json.loads(value)
        except ValueError:
            raise ValueError(f"{value} is no text in quotes: end it with a quote, or omit both") from None
    return Matcher(name, op, value, compile_pattern(value) if op.endswith("~") else None)


def fields_of(event: AlertEvent) -> dict[str, str]:
    """The labels and fields of an event by name. A field wins over a label of the same name."""
    return {**event.labels, **{name: getattr(event, name, None) or "" for name in FIELDS}}
