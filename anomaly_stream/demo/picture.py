"""The report of the demo: verdicts on the messages that were published, with the known faults."""

from collections.abc import Iterable, Sequence

from anomaly_stream.demo.scenario import Stretch
from anomaly_stream.demo.sources import Message
from anomaly_stream.formats.lines import records_of
from anomaly_stream.model import SeverityBands
from anomaly_stream.registry.parsing import Config
from anomaly_stream.report.labels import Label
from anomaly_stream.report.offline_run import OfflineRun
from anomaly_stream.report.page import Report, Side, render
from anomaly_stream.report.tracks import TrackCollector

_MESSAGES_AT_ONCE = 10_000


def run_offline(
    messages: Sequence[Message], configs: Sequence[Config], bands: SeverityBands
) -> tuple[OfflineRun, TrackCollector]:
    """Judge the messages as the worker has judged them."""
    run, tracks = OfflineRun(configs, bands), TrackCollector()
    for first in range(0, len(messages), _MESSAGES_AT_ONCE):
        some = messages[first : first + _MESSAGES_AT_ONCE]
        tracks.add(run.judge(records_of([(one.key, one.value) for one in some], "demo", first)))
    return run, tracks


def draw(
    messages: Sequence[Message],
    configs: Sequence[Config],
    bands: SeverityBands,
    stretches: Iterable[Stretch],
) -> str:
    """The HTML page. The known faults are its labels."""
    run, tracks = run_offline(messages, configs, bands)
    side = Side("demo", run.counts, tracks.finish())
    return render(Report("demo", [side], list(map(_label, stretches))))


def _label(stretch: Stretch) -> Label:
    series = stretch.series
    return Label(stretch.start, stretch.end, False, (("metric", series.metric), *series.labels))
