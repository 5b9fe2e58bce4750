"""A silence: whose alerts it suppresses, which of them, and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from anomaly_stream.model import AlertEvent, Series
from anomaly_stream.model.config import LabelMatcher
from anomaly_stream.registry.matching import holds, selects
from anomaly_stream.registry.windows import Windows


class Subject(NamedTuple):
    """What of an alert decides whether it is selected."""

    owner: str
    config_id: str
    metric: str
    labels: Mapping[str, str]
    severity: str

    @staticmethod
    def of(event: AlertEvent) -> "Subject":
        """The subject of an event."""
        return Subject(event.owner, event.config_id, event.metric, event.labels, event.severity)


@dataclass(frozen=True, slots=True)
class Selector:
    """Selects alerts; every part that is given must hold.

    Attributes:
        config_id: of this config.
        metric: of this metric, a name or a glob.
        matchers: with these labels.
        severities: of one of these severities.
    """

    config_id: str | None = None
    metric: str | None = None
    matchers: tuple[LabelMatcher, ...] = ()
    severities: tuple[str, ...] = ()

    def accepts(self, subject: Subject) -> bool:
        """Whether the alert is selected."""
        if self.config_id is not None and self.config_id != subject.config_id:
            return False
        if self.severities and subject.severity not in self.severities:
            return False
        if self.metric is not None and not selects(self.metric, (), Series.of(subject.metric, {})):
            return False
        return all(holds(matcher, subject.labels.get(matcher.name, "")) for matcher in self.matchers)


@dataclass(frozen=True, slots=True)
class Inhibition:
    """Suppress only while another alert that ``source`` selects fires.

    ``equal``: labels that both alerts have, with the same values.
    """

    source: Selector
    equal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Silence:
    """Suppresses alert events of one group, or of all groups if ``owner`` is empty.

    Attributes:
        id: of the silence.
        owner: whose alerts.
        selector: which of them.
        begin: event time from which on, in seconds since the epoch.
        end: event time before which; None: without an end.
        windows: only in these; None: always.
        inhibition: only while another alert fires; None: in any case.
        created_at_ms: when it was created; events that were published before are unaffected.
        ended_at_ms: when it was ended by hand; events that were published from then on are unaffected.
    """

    id: str
    owner: str
    selector: Selector
    begin: float
    end: float | None
    windows: Windows | None
    inhibition: Inhibition | None
    created_at_ms: int
    ended_at_ms: int | None

    def is_in_force(self, timestamp: float, published_at_ms: int) -> bool:
        """Whether it applies to events of this time that are published then."""
        return (
            self.begin <= timestamp
            and (self.end is None or timestamp < self.end)
            and self.created_at_ms <= published_at_ms
            and (self.ended_at_ms is None or published_at_ms < self.ended_at_ms)
            and (self.windows is None or self.windows.contain(timestamp))
        )

    def selects(self, subject: Subject) -> bool:
        """Whether it is about this alert, apart from ``inhibition``."""
        return self.owner in ("", subject.owner) and self.selector.accepts(subject)
