"""The messages of the demo: river's WaterFlow and simulated series in order of time, and this host now."""

import heapq
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson
import psutil
from river.datasets import WaterFlow

from anomaly_stream.demo.scenario import Scenario, Simulated, Stretch
from anomaly_stream.model import Series

FLOW = Series.of("water_flow", {"site": "pipeline-branch"})


@dataclass(frozen=True, slots=True)
class Message:
    """One observation for the metrics topic; ``time`` is its event time in seconds."""

    time: float
    key: bytes
    value: bytes


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


#: The four anomalies that the data set's description names: three times of low flow and one pumping peak, at
#: the hours in which values are outside of 99 to 106 litres per second.
FLOW_STRETCHES = (
    Stretch("low flow", FLOW, _seconds("2022-03-24T07:00"), _seconds("2022-03-25T00:00")),
    Stretch("low flow", FLOW, _seconds("2022-03-29T04:00"), _seconds("2022-03-29T19:00")),
    Stretch("pumping peak", FLOW, _seconds("2022-04-03T04:00"), _seconds("2022-04-03T04:00")),
    Stretch("low flow", FLOW, _seconds("2022-04-27T13:00"), _seconds("2022-04-28T04:00")),
)


def history(scenario: Scenario) -> Iterator[Message]:
    """All recorded and simulated observations in order of event time."""
    flow = ((features["Time"].timestamp(), value) for features, value in WaterFlow())
    sources = [_messages(FLOW, flow), *map(_simulated, scenario.series)]
    return heapq.merge(*sources, key=lambda message: message.time)


def host_now(timestamp: float) -> Iterator[Message]:
    """This host now: CPU, memory, disk and network."""
    network = psutil.net_io_counters()
    readings = {
        "host_cpu_percent": psutil.cpu_percent(),
        "host_memory_percent": psutil.virtual_memory().percent,
        "host_disk_percent": psutil.disk_usage("/").percent,
        "host_network_bytes_total": float(network.bytes_sent + network.bytes_recv),
    }
    for metric, value in readings.items():
        yield from _messages(Series.of(metric, {"host": socket.gethostname()}), [(timestamp, value)])


def _simulated(simulated: Simulated) -> Iterator[Message]:
    return _messages(
        simulated.series, zip(simulated.timestamps.tolist(), simulated.values.tolist(), strict=True)
    )


def _messages(series: Series, points: Iterable[tuple[float, float]]) -> Iterator[Message]:
    labels = dict(series.labels)
    for time, value in points:
        document = {"metric": series.metric, "labels": labels, "timestamp": time, "value": value}
        yield Message(time, series.key, orjson.dumps(document))
