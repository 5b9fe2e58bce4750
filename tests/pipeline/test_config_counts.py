"""Rows counted by config, against what the engine does with the next value of each."""

from anomaly_stream.engine.bank.budget import Budget
from anomaly_stream.model import Status
from anomaly_stream.pipeline.config_counts import learning_rows, refused_rows
from anomaly_stream.pipeline.pipeline import Pipeline
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


def test_refused_rows() -> None:
    subject = Pipeline(plan_of(config("a", max_series=2), config("b")), SOURCES, Budget(10, 2**30))
    assert refused_rows(subject.bank) == {}
    feed(subject, [message(f"unit{number}", 1.0, 1000.0) for number in range(5)])
    assert refused_rows(subject.bank) == {0: 3}
    assert subject.bank.rows_per_config.tolist() == [2, 5]
