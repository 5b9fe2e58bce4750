"""A second application can use topics, configs, alerts, health and metrics without ``stream``."""

import json
import subprocess
import sys

MODULES = (
    "anomaly_stream.settings",
    "anomaly_stream.kafka.admin",
    "anomaly_stream.kafka.topics",
    "anomaly_stream.kafka.topic_generations",
    "anomaly_stream.kafka.config_topic",
    "anomaly_stream.kafka.alerts_topic",
    "anomaly_stream.ops.health",
    "anomaly_stream.ops.http",
    "anomaly_stream.ops.metrics",
)
STREAM = ("anomaly_stream.stream", "anomaly_stream.apps", "faust", "mode", "aiokafka", "rocksdict")


def loaded_by(*modules: str) -> set[str]:
    """Every module that a fresh interpreter has loaded after it imported these."""
    script = f"import json, sys, {', '.join(modules)}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    return set(json.loads(done.stdout))


def of_the_stream(modules: set[str]) -> set[str]:
    return {
        name for name in modules if name in STREAM or name.startswith(tuple(f"{each}." for each in STREAM))
    }


def test_what_any_application_needs_loads_nothing_of_the_stream() -> None:
    loaded = loaded_by(*MODULES)
    assert set(MODULES) <= loaded
    assert not of_the_stream(loaded)


def test_a_worker_loads_it() -> None:
    assert {"faust", "aiokafka", "anomaly_stream.stream"} <= of_the_stream(
        loaded_by("anomaly_stream.apps.worker")
    )
