"""The sources of the demo: river's WaterFlow, the simulated fleet, and this host."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson
import psutil
from river.datasets import WaterFlow

from anomaly_stream.demo.fleet import METRIC, Fleet, Stretch, rows
from anomaly_stream.model import Series

FLOW = Series.of("water_flow", {"site": "pipeline-branch"})


@dataclass(frozen=True, slots=True)
class Message:
    """One message for the metrics topic."""

    key: bytes
    value: bytes
    observations: int


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


def flow_messages() -> Iterator[Message]:
    """WaterFlow, one message per hour of data."""
    for features, value in WaterFlow():
        document = {
            "metric": FLOW.metric,
            "labels": dict(FLOW.labels),
            "timestamp": features["Time"].timestamp(),
            "value": value,
        }
        yield Message(FLOW.key, orjson.dumps(document), 1)


def fleet_messages(fleet: Fleet, steps_a_message: int = 12) -> Iterator[Message]:
    """The fleet in time order; each message is an array with one hour of one host."""
    keys = [series.key for series in fleet.series]
    labels = [dict(series.labels) for series in fleet.series]
    pending: list[list[dict[str, object]]] = [[] for _ in keys]
    for timestamp, values in rows(fleet):
        for host, value in enumerate(values.tolist()):
            pending[host].append(
                {"metric": METRIC, "labels": labels[host], "timestamp": timestamp, "value": value}
            )
        if len(pending[0]) == steps_a_message:
            for key, batch in zip(keys, pending, strict=True):
                yield Message(key, orjson.dumps(batch), len(batch))
                batch.clear()
    for key, batch in zip(keys, pending, strict=True):
        if batch:
            yield Message(key, orjson.dumps(batch), len(batch))


def host_messages(timestamp: float) -> Iterator[Message]:
    """This host now: CPU, memory, disk and network."""
    host = {"host": socket.gethostname()}
    network = psutil.net_io_counters()
    readings = {
        "host_cpu_percent": psutil.cpu_percent(),
        "host_memory_percent": psutil.virtual_memory().percent,
        "host_disk_percent": psutil.disk_usage("/").percent,
        "host_network_bytes_total": float(network.bytes_sent + network.bytes_recv),
    }
    for metric, value in readings.items():
        series = Series.of(metric, host)
        document = {"metric": metric, "labels": host, "timestamp": timestamp, "value": value}
        yield Message(series.key, orjson.dumps(document), 1)
