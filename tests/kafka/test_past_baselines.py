"""The baseline that a replay starts from is the one that the worker had."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from anomaly_stream.engine.loaded_baselines import BaselineSource
from anomaly_stream.formats.outcomes import encode
from anomaly_stream.formats.state_keys import row_key
from anomaly_stream.kafka.baselines_topic import BaselineMessage
from anomaly_stream.kafka.past_baselines import OneBaseline
from anomaly_stream.model import Series, SeverityBands
from anomaly_stream.report.offline_run import OfflineRun
from tests.engine.flow import feed
from tests.engine.inputs import config, plan_of
from tests.formats.columns import record_columns
from tests.pipeline.test_loaded_baselines import CONFIGS, Store, learned, values, worker

SERIES = Series.of("flow", {"unit": "a"})
SUBJECT = config()
HISTORY, LIVE = values(290), values(150, 290)


def messages(**fields: Any) -> list[BaselineMessage]:
    """The baselines of three series, learned from the history."""
    records = learned(plan_of(config(**fields)), HISTORY)
    return [BaselineMessage(key, value, offset) for offset, (key, value) in enumerate(records)]


def applied(*given: BaselineMessage) -> OneBaseline:
    found = OneBaseline(SUBJECT.id, SERIES)
    for each in given:
        found.apply(each)
    return found


@pytest.mark.parametrize("fields", CONFIGS.values(), ids=CONFIGS)
def test_a_replay_gives_the_events_of_a_worker_that_took_the_baseline(fields: dict[str, Any]) -> None:
    subject = config(**fields)
    store = Store()
    store.load(learned(plan_of(subject), HISTORY))
    published = feed(worker(plan_of(subject), store), LIVE).alerts
    expected = [alert.value for alert in published if alert.body.labels["unit"] == "a"]
    source = BaselineSource(("baselines", 0), applied(*messages(**fields)))
    run = OfflineRun([subject], SeverityBands(), baselines=source)
    offsets = np.arange(len(LIVE), dtype=np.int64)
    records = dataclasses.replace(record_columns(LIVE, timestamp_ms=-1), offset=offsets)
    made = [encode(event) for _, event in run.judge(records).alerts]
    assert expected
    assert set(expected) <= set(made)


def test_the_newest_baseline_of_the_row_counts_until_it_is_forgotten() -> None:
    (mine,) = [each for each in messages() if each.key == row_key(SUBJECT.id, SERIES)]
    later = mine._replace(offset=9)
    forgotten = BaselineMessage(SUBJECT.id.encode() + b"\0", b"forget", 10)
    rubbish = BaselineMessage(mine.key, b"rubbish", 11)
    found = applied(*messages(), later)
    assert (found.newest(SUBJECT.id), found.newest("other")) == (9, -1)
    assert found.find(mine.key) == (9, mine.value)
    assert found.find(row_key(SUBJECT.id, Series.of("flow", {"unit": "b"}))) is None
    assert applied(*messages(), forgotten).find(mine.key) is None
    assert applied(later, rubbish).newest(SUBJECT.id) == 9
    assert applied(later, mine._replace(value=None, offset=12)).newest(SUBJECT.id) == -1
