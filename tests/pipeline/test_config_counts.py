"""Rows counted by config, against what the engine does with the next value of each."""

import pytest

from anomaly_stream.engine.bank.budget import Budget
from anomaly_stream.model import Status
from anomaly_stream.pipeline.config_counts import learning_rows, promise, refused_rows
from anomaly_stream.pipeline.pipeline import Pipeline
from anomaly_stream.registry.promised_alerts import alerts_per_week
from tests.engine.flow import SOURCES, feed, message
from tests.engine.inputs import config, plan_of


def test_learning_rows_are_those_whose_next_value_is_not_judged() -> None:
    configs = [
        config("window", min_observations=5, baseline_period_s=1e5, publish="all"),
        config("auto", min_observations=9, detectors=("auto",), publish="all"),
        config("late", min_observations=30, detectors=("auto",), publish="all"),
    ]
    subject = Pipeline(plan_of(*configs), SOURCES)
    for turn in range(36):
        units = [unit for unit in ("a", "b", "c") if turn >= ord(unit) - ord("a")]
        names = [one.id for one in subject.plan.configs]
        before = dict(zip(names, learning_rows(subject.bank).tolist(), strict=True))
        held = len(subject.index)
        messages = [message(unit, 10.0 + turn % 3, 1000.0 + turn) for unit in units]
        outcome = feed(subject, messages, turn * 10).outcome
        assert outcome is not None
        learned = [
            names[which]
            for which, status, observation in zip(
                outcome.config.tolist(), outcome.status.tolist(), outcome.observation.tolist(), strict=True
            )
            if status == Status.LEARNING and observation < held  # the series had its row before
        ]
        assert {name: learned.count(name) for name in names} == before


def test_the_promise_is_that_of_each_judged_series_at_its_own_step() -> None:
    configs = [
        config("auto", min_observations=9, detectors=("auto",)),
        config("late", min_observations=60),
        config("window", min_observations=5, alert_score=50.0),
    ]
    subject = Pipeline(plan_of(*configs), SOURCES)
    steps = {"a": 10.0, "b": 60.0}
    for turn in range(30):
        messages = [message(unit, 10.0 + turn % 3, 1000.0 + turn * step) for unit, step in steps.items()]
        feed(subject, messages, turn * 10)
    feed(subject, [message("new", 1.0, 3000.0)], 300)  # one value: it is not judged
    found = promise(subject.bank)
    assert found.judged.tolist() == [2, 0, 2]
    promised = [
        sum(alerts_per_week(score, step, by_model=by_model) for step in steps.values())
        for score, by_model in ((60.0, True), (50.0, False))
    ]
    assert found.alerts_per_week.tolist() == pytest.approx([promised[0], 0.0, promised[1]])


def test_a_threshold_by_the_own_step_promises_what_is_asked() -> None:
    fields = {"alert_score": 20.0, "false_alarms_per_week": 2.0, "min_observations": 9}
    configs = [config("auto", detectors=("auto",), **fields), config("window", **fields)]
    subject = Pipeline(plan_of(*configs), SOURCES)
    for turn in range(60):
        messages = [
            message(unit, 10.0 + turn % 3, 1000.0 + turn * step) for unit, step in (("a", 7.0), ("b", 900.0))
        ]
        feed(subject, messages, turn * 10)
    found = promise(subject.bank)
    assert found.judged.tolist() == [2, 2]
    assert found.alerts_per_week.tolist() == pytest.approx([4.0, 4.0])


def test_refused_rows() -> None:
    subject = Pipeline(plan_of(config("a", max_series=2), config("b")), SOURCES, Budget(10, 2**30))
    assert refused_rows(subject.bank) == {}
    feed(subject, [message(f"unit{number}", 1.0, 1000.0) for number in range(5)])
    assert refused_rows(subject.bank) == {0: 3}
    assert subject.bank.rows_per_config.tolist() == [2, 5]
