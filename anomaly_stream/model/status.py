"""What a worker publishes about a partition that it holds: the records of the status topic.

The JSON Schema is generated from these types. A new field has a default, so that records written before it
stay readable.
"""

from typing import Annotated, Any

import msgspec

SCHEMA_VERSION = 1


def _field(description: str, **schema: Any) -> msgspec.Meta:
    """What the JSON Schema says about a field in addition to its type. Decoders do not check it."""
    return msgspec.Meta(description=description, extra_json_schema=schema)


_COUNT = {"minimum": 0}


class ConfigActivity(msgspec.Struct, frozen=True, omit_defaults=True):
    """One config in one partition."""

    id: Annotated[str, _field("The config.")]
    series: Annotated[int, _field("Series (of a group: instances) that have a baseline.", **_COUNT)] = 0
    learning: Annotated[
        int, _field("Those of `series` that have too few values to be judged; 0 for a group.", **_COUNT)
    ] = 0
    refused: Annotated[int, _field("Known series that a limit refuses a baseline.", **_COUNT)] = 0
    alerts: Annotated[int, _field("Alerts opened in the time of `counted_s`.", **_COUNT)] = 0
    anomalies: Annotated[int, _field("Anomalous values in the time of `counted_s`.", **_COUNT)] = 0
    error: Annotated[str, _field("The last error of the config in this worker; empty if there is none.")] = ""
    withheld: Annotated[
        int,
        _field("Alerts that `worker.max_open_alerts` withheld in the time of `counted_s`.", **_COUNT),
    ] = 0
    false_alarms_per_day: Annotated[
        float,
        _field(
            "Alerts per day in normal times that the threshold promises, for all series that are judged, by "
            "their own steps.",
            **_COUNT,
        ),
    ] = 0.0
    alerts_covered: Annotated[int, _field("Alerts opened in the event time of `covered_s`.", **_COUNT)] = 0


class SeenMetric(msgspec.Struct, frozen=True, omit_defaults=True):
    """One metric name of a partition's observations, watched by a config or not."""

    name: Annotated[str, _field("Name of the metric.")]
    series: Annotated[int, _field("Series seen, less those that were forgotten.", **_COUNT)] = 0
    per_minute: Annotated[
        float, _field("Observations per minute of processing, averaged over five minutes.", **_COUNT)
    ] = 0.0
    labels: Annotated[
        dict[str, dict[str, int]],
        _field("By label name, some of its values with their number of series; names can be missing too."),
    ] = msgspec.field(default_factory=dict)
    examples: Annotated[list[dict[str, str]], _field("The labels of some of its series.")] = msgspec.field(
        default_factory=list
    )


class PartitionStatus(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message of the status topic, keyed by the number of the partition.

    The worker that holds a partition publishes it every `worker.status_interval_s` seconds if it changed. The
    next owner replaces it. Once `expires_at_ms` has passed, no worker holds the partition.
    """

    schema_version: Annotated[int, _field("Version of this format.", const=SCHEMA_VERSION)]
    worker: Annotated[str, _field("Host name and process id of the worker.")]
    partition: Annotated[int, _field("Number of the partition, in all source topics.", **_COUNT)]
    time_ms: Annotated[int, _field("Time of the message, milliseconds since the epoch.", **_COUNT)]
    expires_at_ms: Annotated[int, _field("Time after which a reader ignores the message.", **_COUNT)]
    config_offset: Annotated[
        int, _field("The worker has applied the configs topic up to this offset.", **_COUNT)
    ] = 0
    counted_s: Annotated[
        float, _field("Seconds in which alerts and anomalies were counted, at most 24 hours.", **_COUNT)
    ] = 0.0
    configs: Annotated[list[ConfigActivity], _field("Those with most series first.")] = msgspec.field(
        default_factory=list
    )
    configs_left_out: Annotated[
        int, _field("Configs that are in force here and did not fit into the message.", **_COUNT)
    ] = 0
    metrics: Annotated[list[SeenMetric], _field("Those with the highest rate first.")] = msgspec.field(
        default_factory=list
    )
    metrics_left_out: Annotated[
        int, _field("Metrics that were seen and did not fit into the message.", **_COUNT)
    ] = 0
    covered_s: Annotated[
        float,
        _field(
            "Seconds of event time that judged values cover since the worker received the partition, at most "
            "24 hours; 0 if none came.",
            **_COUNT,
        ),
    ] = 0.0
