"""A format is a module and a line of the registry: the seam, with a second format in it."""

from pathlib import Path

import numpy as np
import pytest

from anomaly_stream.engine.plan.plan import compile_plan
from anomaly_stream.formats.lines import records_from_lines
from anomaly_stream.formats.registry import FORMATS, make_decoder
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.model import AnomalyDetectionConfig, FaultReason, Publish, Series, SeverityBands
from anomaly_stream.pipeline.pipeline import Pipeline
from anomaly_stream.settings import load_settings
from tests.cli.test_faults import run
from tests.formats import plain_lines
from tests.formats.columns import KAFKA_MS, record_columns


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FORMATS, plain_lines.NAME, plain_lines.ENTRY)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_of_the_registry_is_there(name: str) -> None:
    columns, faults = make_decoder(name, SeriesIndex()).decode(record_columns([]))
    assert (len(columns), faults) == (0, [])


def test_messages_one_by_one_become_columns() -> None:
    index = SeriesIndex()
    records = record_columns(
        [b"cpu 1.5 10", None, b"cpu 2 11\nmem 3\ncpu x", b"cpu", b"mem 4 12"],
        [[], [], [], [], [(b"learn", b"true")]],
    )
    columns, faults = make_decoder("plain", index).decode(records)
    assert index.series == [Series("cpu"), Series("mem")]
    assert columns.series.tolist() == [0, 0, 1, 1]
    assert columns.timestamp.tolist() == [10.0, 11.0, KAFKA_MS / 1000, 12.0]
    assert columns.value.tolist() == [1.5, 2.0, 3.0, 4.0]
    assert columns.learn.tolist() == [False, False, False, True]
    assert columns.record.tolist() == [0, 2, 2, 4]
    assert columns.offset.tolist() == [1000, 1002, 1002, 1004]
    assert [column.dtype for column in (columns.series, columns.value, columns.learn, columns.record)] == [
        np.int64,
        np.float64,
        np.bool_,
        np.int64,
    ]
    assert [(fault.record, fault.reason) for fault in faults] == [
        (1, FaultReason.EMPTY),
        (2, FaultReason.VALUE),
        (3, FaultReason.MALFORMED),
    ]


def values(count: int) -> list[tuple[int, float]]:
    return [(time, 900.0 if time == count - 5 else float(time % 7)) for time in range(count)]


def json_lines(count: int) -> bytes:
    return b"".join(b'{"metric":"m","timestamp":%d,"value":%r}\n' % pair for pair in values(count))


def plain(count: int) -> bytes:
    return b"".join(b"m %r %d\n" % (value, time) for time, value in values(count))


def pipeline_of(sources: list[tuple[str, int]]) -> Pipeline:
    config = AnomalyDetectionConfig(
        id="m", metric="m", publish=Publish.ALL, min_observations=10, window_points=32, detectors=("zscore",)
    )
    plan = compile_plan([config], SeverityBands())
    return Pipeline(plan, sources, formats={"lines": "plain"})


def test_the_same_observations_give_the_same_verdicts_in_every_format() -> None:
    json_output = pipeline_of([("json", 0)]).process(records_from_lines(json_lines(60), "topic", 0))
    plain_output = pipeline_of([("lines", 0)]).process(records_from_lines(plain(60), "topic", 0))
    assert plain_output.scores == json_output.scores
    assert plain_output.alerts == json_output.alerts
    assert plain_output.alerts


def test_topics_of_two_formats_share_a_partition_and_its_series() -> None:
    pipeline = pipeline_of([("json", 0), ("lines", 0)])
    pipeline.process(records_from_lines(json_lines(20), "json", 0), 0)
    later = b"".join(b"m %d %d\n" % (time % 7, time) for time in range(20, 40))
    output = pipeline.process(records_from_lines(later, "lines", 0), 1)
    assert not output.faults
    assert output.outcome.counts.observations == 20
    assert len(pipeline.index) == len(pipeline.bank.series) == 1
    assert [
        fault.reason for fault in pipeline.process(records_from_lines(b"m 1 50\n", "json", 0), 0).faults
    ] == [FaultReason.MALFORMED]


def test_forgotten_series_reach_every_decoder() -> None:
    pipeline = pipeline_of([("json", 0), ("lines", 0)])
    pipeline.process(records_from_lines(b'{"metric":"x","timestamp":1,"value":1}\n', "json", 0), 0)
    pipeline.index.forget(np.array([0]))
    pipeline.process(records_from_lines(b"y 1 1\n", "lines", 0), 1)
    columns, _ = pipeline.decoders[0].decode(record_columns([b'{"metric":"x","value":1}']))
    assert pipeline.index.series[columns.series[0]] == Series("x")


def test_settings_name_the_format_of_a_topic(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text("namespace: n\ntopics: {metrics: [flow, {name: lines, format: plain}]}\n")
    names = TopicNames.of(load_settings(path, {}))
    assert names.metrics == ("n-flow", "n-lines")
    assert names.formats == {"n-flow": "json", "n-lines": "plain"}
    environment = {"ANOMALY_STREAM_TOPICS__METRICS": '["flow", {"name": "lines", "format": "plain"}]'}
    assert TopicNames.of(load_settings(None, environment)).formats == {"flow": "json", "lines": "plain"}


def test_score_reads_every_format(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("metric: m\ndetectors: [zscore]\nmin_observations: 10\nwindow_points: 32\n")
    printed = []
    for name, lines in (("json", json_lines(60)), ("plain", plain(60))):
        source = tmp_path / name
        source.write_bytes(lines)
        options = ("--config", str(config), "--input", str(source), "--format", name, "--all")
        code, out, err = run(capsys, "score", *options)
        assert code == 0, err
        printed.append(out.replace(str(source), "input"))
    assert printed[0] == printed[1]
    assert printed[0].count("\n") == 60


def test_score_refuses_an_unknown_format(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = run(capsys, "score", "--config", str(tmp_path / "c.yaml"), "--format", "xml")
    assert code == 2
    assert "plain" in err
