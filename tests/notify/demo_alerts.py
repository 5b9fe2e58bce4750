"""The alert events of the demo: its recorded and simulated metrics, judged by its configs, without Kafka."""

from importlib.resources import files

from anomaly_stream.demo.scenario import simulate
from anomaly_stream.demo.sources import history
from anomaly_stream.formats.lines import records_of
from anomaly_stream.model import AlertEvent, SeverityBands
from anomaly_stream.registry.parsing import parse_document
from anomaly_stream.report.offline_run import OfflineRun
from tests.docs.test_examples import CONTEXT

_MESSAGES_AT_ONCE = 10_000


def demo_alerts() -> list[AlertEvent]:
    """All events in the order in which a worker publishes them."""
    text = (files("anomaly_stream.demo") / "configs.yaml").read_text()
    run = OfflineRun([one.config for one in parse_document(text, "configs.yaml", CONTEXT)], SeverityBands())
    messages = [(one.key, one.value) for one in history(simulate())]
    events: list[AlertEvent] = []
    for first in range(0, len(messages), _MESSAGES_AT_ONCE):
        records = records_of(messages[first : first + _MESSAGES_AT_ONCE], "demo", first)
        events += [event for _, event in run.judge(records).alerts]
    return events
