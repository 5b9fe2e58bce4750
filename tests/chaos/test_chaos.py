"""A few schedules for every run of the suite; ``make chaos`` runs any number of them."""

from pathlib import Path

import pytest

from tests.brokers.broker import GivenBroker
from tests.chaos.reconfiguring import CREW, FIRST, HOST, MEMBERS, SECOND, Reconfiguration
from tests.chaos.run import Run
from tests.chaos.schedule import (
    BROKER_FAULTS,
    CLAIM_POINTS,
    CONFIG_CHANGES,
    FAULTS,
    HOUSE_FAULTS,
    POINTS,
    REFUSED_TOPICS,
    Schedule,
    Step,
    draw,
)

#: A paused worker resumes within a checkpoint after its partitions have moved; another is killed while its
#: state is ahead of its offsets.
ZOMBIE = Schedule(
    seed=900,
    workers=2,
    steps=(
        Step("pause-at", 0, "in-transaction", 3.0),
        Step("kill-at", 0, "before-rocksdb", 3.0),
        Step("wipe", 1, "", 1.0),
    ),
)

#: Configs and a group change between two records; a worker is killed, and the broker refuses events.
RECONFIGURED = Schedule(
    seed=901,
    workers=2,
    steps=(
        Step("kill-at", 0, "in-transaction", 0.5),
        Step("reconfigure", 0, "come", 1.5),
        Step("refuse-broker", 0, "alerts", 0.5),
        Step("reconfigure", 0, "reshape", 1.0),
        Step("reconfigure", 0, "group-reshape", 0.5),
    ),
)


#: Recorder and API are killed, and PostgreSQL is stopped and killed, while a worker is killed too.
RECORDED = Schedule(
    seed=902,
    workers=2,
    steps=(
        Step("kill-recorder", 0, "", 0.5),
        Step("kill-at", 0, "in-transaction", 0.5),
        Step("postgresql-stop", 0, "", 1.5),
        Step("kill-api", 0, "", 0.5),
        Step("postgresql-kill", 0, "", 0.5),
    ),
    house=True,
)


#: Alerts are withheld while a worker is killed between changelog and RocksDB, and configs come and go.
WITHHELD = Schedule(
    seed=905,
    workers=2,
    steps=(
        Step("kill-at", 0, "after-changelog", 0.5),
        Step("reconfigure", 0, "go", 1.0),
        Step("kill", 1, "", 0.5),
        Step("reconfigure", 0, "come", 1.0),
    ),
    max_open_alerts=3,
)


#: Configs change and series are reset while workers die: shortly before, shortly after, and between two.
CHANGED = Schedule(
    seed=903,
    workers=2,
    steps=(
        Step("kill", 0, "", 0.0),
        Step("change", 0, "come", 0.5),
        Step("kill-at", 0, "before-changelog", 0.0),
        Step("reset", 1, "", 0.2),
        Step("kill", 1, "", 0.0),
        Step("change", 0, "tune", 0.3),
        Step("change", 0, "go", 0.0),
        Step("kill", 0, "", 0.5),
    ),
)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "schedule", [ZOMBIE, RECONFIGURED, RECORDED, CHANGED, WITHHELD], ids=lambda s: s.seed
)
def test_no_event_is_lost_or_invented(
    apache: str, namespace: str, tmp_path: Path, schedule: Schedule
) -> None:
    verdict = Run(schedule, GivenBroker(apache), namespace, tmp_path).play()
    assert not verdict.faults, str(verdict)


def test_a_seed_is_a_schedule() -> None:
    assert draw(5) == draw(5)
    assert len({draw(seed) for seed in range(100)}) == 100
    faults = {step.fault for seed in range(100) for step in draw(seed, broker_faults=False).steps}
    assert not faults & BROKER_FAULTS


def test_some_seeds_limit_the_open_alerts() -> None:
    limited = [seed for seed in range(1, 101) if draw(seed).max_open_alerts is not None]
    assert limited == [*range(5, 101, 10)]
    assert draw(5).max_open_alerts == draw(5, house=True).max_open_alerts


def test_faults_beside_the_workers_leave_the_others_as_they_are() -> None:
    alone, together = draw(5), draw(5, house=True)
    assert together.steps[::2] == alone.steps
    assert {step.fault for seed in range(20) for step in draw(seed, house=True).steps[1::2]} == {
        *HOUSE_FAULTS
    }


def test_a_hundred_seeds_contain_every_fault() -> None:
    steps = [step for seed in range(1, 101) for step in draw(seed).steps]
    assert {step.fault for step in steps} == FAULTS.keys()
    places = {step.point for step in steps}
    assert places >= {*POINTS, *CLAIM_POINTS, *REFUSED_TOPICS, *CONFIG_CHANGES}


def test_configs_are_added_reshaped_and_deleted() -> None:
    changing = Reconfiguration(seed=0)
    done = [changing.next(change) for change in ("go", "reshape", "tune", "go", "reshape")]
    assert [change.name for change in done] == ["come", "reshape", "tune", "go", "come"]
    first, second, tuned, gone, again = (change.document for change in done)
    assert gone is None
    assert first == again == SECOND
    assert second is not None
    assert second["window_points"] != SECOND["window_points"]
    assert tuned is not None
    assert tuned["id"] == FIRST["id"]
    assert tuned["window_points"] == FIRST["window_points"]


def test_groups_are_added_reshaped_and_deleted() -> None:
    changing = Reconfiguration(seed=2)
    changes = ("group-go", "group-reshape", "group-reshape", "group-tune", "group-go", "group-reshape")
    done = [changing.next(change) for change in changes]
    assert [change.name for change in done] == [
        "group-come",
        "group-reshape",
        "group-reshape",
        "group-tune",
        "group-go",
        "group-come",
    ]
    first, second, third, tuned, gone, again = (change.document for change in done)
    assert gone is None
    assert first == again == CREW
    assert second is not None
    assert third is not None
    assert len({str(document["lateness"]) for document in (CREW, second, third)}) == 3
    assert tuned is not None
    assert {**tuned, "resolve_after": 5} == {**HOST, "resolve_after": 5}


def test_runs_differ_in_their_configs_and_detector_state() -> None:
    runs = [Reconfiguration(seed).now for seed in range(12)]
    assert {**MEMBERS, "detectors": ["auto"]} in runs[0]
    assert MEMBERS["no_data"] == "3h", "heartbeats must come in every run"
    ids = [{str(document["id"]) for document in run} for run in runs]
    assert all(found >= {"load", "members", "host"} for found in ids)
    assert {frozenset(found & {"second", "crew"}) for found in ids} == {
        frozenset(),
        frozenset({"second"}),
        frozenset({"crew"}),
        frozenset({"second", "crew"}),
    }
    memories = {str([document for document in run if document["id"] == "members"]) for run in runs}
    assert len(memories) == 3
