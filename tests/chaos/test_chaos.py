"""A few schedules for every run of the suite; ``make chaos`` runs as many as asked for."""

from pathlib import Path

import pytest

from tests.brokers.broker import GivenBroker
from tests.chaos.run import Run
from tests.chaos.schedule import Schedule, Step, draw

#: Wakes up within a checkpoint whose partitions have moved; another worker dies with state ahead of offsets.
ZOMBIE = Schedule(
    seed=900,
    workers=2,
    steps=(
        Step("pause-at", 0, "in-transaction", 3.0),
        Step("kill-at", 0, "before-rocksdb", 3.0),
        Step("wipe", 1, "", 1.0),
    ),
)


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("schedule", [ZOMBIE, draw(16, broker_faults=False, steps=3)], ids=lambda s: s.seed)
def test_nothing_is_lost_and_nothing_invented(
    apache: str, namespace: str, tmp_path: Path, schedule: Schedule
) -> None:
    verdict = Run(schedule, GivenBroker(apache), namespace, tmp_path).play()
    assert not verdict.faults, str(verdict)


def test_a_seed_is_a_schedule() -> None:
    assert draw(5) == draw(5)
    assert len({draw(seed) for seed in range(100)}) == 100
    assert not any("broker" in str(draw(seed, broker_faults=False)) for seed in range(100))
