"""Dead letters: the unchanged record with its reason and source, cut if the topic would refuse it."""

import jsonschema
import orjson
import pytest
from prometheus_client import CollectorRegistry

from anomaly_stream.engine.plan.plan import compile_plan
from anomaly_stream.formats.lines import records_from_lines
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.model import AnomalyDetectionConfig, SeverityBands
from anomaly_stream.ops.metrics import WorkerMetrics
from anomaly_stream.pipeline.pipeline import Pipeline
from anomaly_stream.settings import load_settings
from anomaly_stream.stream.outbound import MAX_DEAD_LETTER_BYTES, outbound_records
from anomaly_stream.stream.publisher import OutboundRecord
from tests.formats.test_schemas import load

NAMES = TopicNames.of(load_settings(None, {}))


def dead_letters(lines: bytes) -> list[OutboundRecord]:
    plan = compile_plan([AnomalyDetectionConfig(id="all", metric="*")], SeverityBands())
    records = records_from_lines(lines, "here", 0)
    output = Pipeline(plan, (("here", 0),)).process(records)
    outbound = outbound_records(output, records, NAMES, WorkerMetrics(CollectorRegistry()))
    return [record for record in outbound if record.topic == NAMES.dead_letter]


def headers_of(letter: OutboundRecord) -> dict[str, str]:
    headers = {name: value.decode() for name, value in letter.headers}
    jsonschema.validate(headers, load("dead-letter-headers.json"))
    return headers


@pytest.mark.parametrize("line", [b"rubbish", b'{"metric":"m","timestamp":1,"value":null}'])
def test_a_dead_letter_is_the_record_as_it_came(line: bytes) -> None:
    good = orjson.dumps({"metric": "m", "timestamp": 1, "value": 1})
    (letter,) = dead_letters(good + b"\n" + line + b"\n" + good + b"\n")
    assert letter.value == line
    headers = headers_of(letter)
    assert (headers["source-topic"], headers["source-offset"]) == ("here", "1")
    assert "original-length" not in headers


def test_a_report_that_the_topic_would_refuse_is_cut_and_marked_incomplete() -> None:
    (letter,) = dead_letters(b"x" * 1_048_000 + b"\n")
    assert letter.value == b"x" * MAX_DEAD_LETTER_BYTES
    assert headers_of(letter)["original-length"] == "1048000"
