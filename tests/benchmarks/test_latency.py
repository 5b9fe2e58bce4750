from collections import Counter

import orjson

from benchmarks.latency import Phase, Quantiles, claims
from benchmarks.pacer import Pace, Paced, Schedule, spike_id


def phase(rate: int, p99: float, missing: int = 0, checkpoints: int = 2) -> Phase:
    paced = Paced(messages=100, seconds=1.0, late_s=0.0, cpu_seconds=0.1, spikes={"a": 1})
    alerts = Quantiles(10.0, p99, p99)
    return Phase(rate, paced, alerts, Quantiles(5.0, 6.0, 7.0), missing, checkpoints, 0.5, 0.1, 50.0)


def test_spikes_are_even_far_out_and_each_in_a_series_of_its_own() -> None:
    pace = Pace("", "t", "e", series=60, first_tick=300, rate=600, seconds=2, spikes=12, turns=3, turn=1)
    schedule = Schedule(pace)

    assert len(schedule.messages) == len(schedule.numbers) == 1200
    spiked = sorted(schedule.spikes)
    assert len(spiked) == 12
    assert all(0 <= at - 100 * i < 100 for i, at in enumerate(spiked))
    numbers = Counter(schedule.numbers[at] for at in spiked)
    assert max(numbers.values()) == 1
    assert {number % 3 for number in numbers} == {1}
    documents = [orjson.loads(message) for message in schedule.messages]
    assert {at for at, document in enumerate(documents) if document["value"] > 120} == schedule.spikes
    assert len({spike_id(documents[at]) for at in spiked}) == 12


def test_quantiles_are_values_of_the_sample() -> None:
    assert Quantiles.of(range(1, 101)) == Quantiles(51.0, 100.0, 100.0)
    assert Quantiles.of([3.0]) == Quantiles(3.0, 3.0, 3.0)


def test_a_slow_percentile_a_missing_alert_or_too_few_checkpoints_fail() -> None:
    def judged(*phases: Phase) -> list[bool]:
        return [holds for _, holds in claims(list(phases))]

    assert judged(phase(1_000, 900.0), phase(50_000, 99.0)) == [True, True, True]
    assert judged(phase(50_000, 101.0)) == [True, False]
    assert judged(phase(50_000, 50.0, checkpoints=1)) == [True, False]
    assert judged(phase(1_000, 50.0, missing=1)) == [False]
