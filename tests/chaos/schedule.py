"""The events of a run, drawn from its seed."""

import random
from dataclasses import dataclass

POINTS = (
    "before-barrier",
    "after-barrier",
    "before-changelog",
    "in-transaction",
    "after-transaction",
    "after-changelog",
    "before-rocksdb",
    "after-rocksdb",
    "before-commit",
    "after-commit",
)
CLAIM_POINTS = ("before-claim", "after-claim")
REFUSE_POINTS = ("before-changelog", "in-transaction", "after-transaction")
REFUSED_TOPICS = ("changelog", "alerts", "groups")
#: Changes to the configs of metrics, at any time or while the input is paused (`tests.chaos.reconfiguring`).
METRIC_CHANGES = ("come", "tune", "reshape", "go")
#: Those and changes to groups, while the input is paused.
CONFIG_CHANGES = (*METRIC_CHANGES, "group-come", "group-tune", "group-reshape", "group-go")
#: Faults by name, with their weights.
FAULTS = {
    "kill": 3,
    "kill-at": 6,
    "pause": 2,
    "pause-at": 4,
    "terminate": 2,
    "add": 2,
    "remove": 1,
    "wipe": 2,
    "refuse": 2,
    "refuse-broker": 3,
    "fill-disk": 2,
    "config": 2,
    "change": 4,
    "reset": 2,
    "reconfigure": 4,
    "broker-stop": 1,
    "broker-kill": 1,
    "recreate": 1,
}
#: Faults of the processes beside the workers, in a run that has them.
HOUSE_FAULTS = ("kill-recorder", "kill-api", "postgresql-stop", "postgresql-kill")
BROKER_FAULTS = frozenset({"broker-stop", "broker-kill"})

_LIMITED, _OPEN_ALERTS = 5, 3
"""Seeds that end in 5 limit the open alerts of an owner in each partition to three."""

_COUNTED_BY_WHAT_THEY_DO = frozenset(
    {"kill-at", "pause-at", "refuse", "refuse-broker", "fill-disk", "reconfigure"}
)


@dataclass(frozen=True, slots=True)
class Step:
    """One fault, and the pause after it.

    ``worker`` is an index into the running workers, modulo their number. ``point`` is a fault point, a topic
    or a change of a config, depending on the fault.
    """

    fault: str
    worker: int
    point: str
    pause_s: float

    def __str__(self) -> str:
        where = f" {self.point}" if self.point else ""
        return f"{self.fault}{where} worker {self.worker}, then {self.pause_s:.1f} s"


@dataclass(frozen=True, slots=True)
class Schedule:
    """One run: the number of workers, the seed of the load, and the faults in order.

    ``house`` says whether a recorder, an API and PostgreSQL run beside the workers. ``max_open_alerts`` is a
    setting of the workers.
    """

    seed: int
    workers: int
    steps: tuple[Step, ...]
    house: bool = False
    max_open_alerts: int | None = None

    def __str__(self) -> str:
        beside = ", recorder, API and PostgreSQL" if self.house else ""
        limit = "" if self.max_open_alerts is None else f", at most {self.max_open_alerts} open alerts"
        lines = [f"seed {self.seed}: {self.workers} workers{beside}{limit}"]
        return "\n  ".join([*lines, *map(str, self.steps)])


def happenings(house: bool = False) -> list[str]:
    """The names in `Verdict.happened` of every event that a long run must contain."""
    points = [f"at {point}" for point in (*POINTS, *CLAIM_POINTS)]
    points += [f"refuse {point}" for point in REFUSE_POINTS]
    ends = ["ended by a full disk", *(f"ended by a refusal of {topic}" for topic in REFUSED_TOPICS)]
    others = [name for name in FAULTS if name not in _COUNTED_BY_WHAT_THEY_DO]
    others += HOUSE_FAULTS if house else ()
    return [*points, *ends, *others, *(f"reconfigure {change}" for change in CONFIG_CHANGES)]


def draw(seed: int, broker_faults: bool = True, steps: int = 5, house: bool = False) -> Schedule:
    """The schedule of a seed; a topic is recreated at most once. Some seeds limit open alerts.

    With ``house``, a fault of a process beside the workers follows each fault; the others stay the same.
    """
    rng = random.Random(seed)
    names = [name for name in FAULTS if broker_faults or name not in BROKER_FAULTS]
    drawn: list[Step] = []
    for _ in range(steps):
        fault = rng.choices(names, [FAULTS[name] for name in names])[0]
        if fault == "recreate" and any(step.fault == "recreate" for step in drawn):
            fault = "kill"
        drawn.append(Step(fault, rng.randrange(6), _point(rng, fault), rng.uniform(0.2, 2.5)))
    workers = rng.randint(2, 3)
    if house:
        drawn = [each for step in drawn for each in (step, _of_house(rng))]
    limit = _OPEN_ALERTS if seed % 10 == _LIMITED else None
    return Schedule(seed, workers, tuple(drawn), house, limit)


def _of_house(rng: random.Random) -> Step:
    return Step(rng.choice(HOUSE_FAULTS), 0, "", rng.uniform(0.2, 2.0))


def _point(rng: random.Random, fault: str) -> str:
    if fault in ("kill-at", "pause-at"):
        return rng.choice((*POINTS, *CLAIM_POINTS))
    choices = {
        "refuse": REFUSE_POINTS,
        "refuse-broker": REFUSED_TOPICS,
        "change": METRIC_CHANGES,
        "reconfigure": CONFIG_CHANGES,
    }
    return rng.choice(choices[fault]) if fault in choices else ""
