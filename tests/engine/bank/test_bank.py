import numpy as np

from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.step import step
from anomaly_stream.formats.state_keys import row_key
from anomaly_stream.kernels.blocks import SIZES, size_class
from anomaly_stream.model import Series
from tests.engine.inputs import bank_of, columns, config, plan_of, row_keys, series_of, verdicts


def noise(count: int, seed: int = 0) -> list[float]:
    return np.random.default_rng(seed).normal(100.0, 2.0, count).tolist()


def test_rows_are_admitted_for_each_config_that_matches() -> None:
    bank = Bank(plan_of(config("a", metric="f*"), config("b", metric="*")))
    bank.admit([Series.of("flow"), Series.of("load"), Series.of("fuel")])
    bank.admit([])
    bank.admit([Series.of("none of a")])
    assert row_keys(bank) == [(0, "a"), (0, "b"), (1, "b"), (2, "a"), (2, "b"), (3, "b")]
    assert (bank.series_count, bank.row_count, bank.most_rows) == (4, 6, 2)
    assert [bank.row_of(2, "a"), bank.row_of(2, "b"), bank.row_of(1, "a")] == [3, 4, -1]


def test_a_hundred_thousand_series_are_admitted_at_once() -> None:
    bank = bank_of(plan_of(config(window_points=1440)), 100_000)
    assert bank.row_count == 100_000
    assert len(bank.pool.time) < 10_000


def test_dirty_rows_are_those_that_changed() -> None:
    plan = plan_of(config())
    bank = bank_of(plan, 4)
    step(plan, bank, columns([1.0, 2.0], series=[1, 3]))
    rows = bank.dirty_rows()
    assert rows.tolist() == [1, 3]
    bank.clear_dirty(rows[:1])
    assert bank.dirty_rows().tolist() == [3]


def test_a_dropped_observation_makes_its_row_dirty_because_the_row_includes_its_offset() -> None:
    plan = plan_of(config())
    bank = bank_of(plan)
    step(plan, bank, columns([1.0], [60.0]))
    bank.clear_dirty(bank.dirty_rows())
    assert step(plan, bank, columns([1.0], [60.0], first_offset=1)).counts.duplicate == 1
    assert (bank.state.included[0, 0], bank.dirty_rows().tolist()) == (1, [0])


def test_a_change_of_plan_keeps_rows_of_unchanged_shape() -> None:
    before = plan_of(config("a"), config("b"), config("c"))
    bank = bank_of(before, 3)
    values = noise(240)
    series = [i % 3 for i in range(240)]
    step(before, bank, columns(values, series=series))
    after = plan_of(
        config("a", sensitivity_score=10.0),
        config("b", window_points=80),
        config("d"),
        config("e", metric="none"),
    )
    bank.change_plan(after)
    assert bank.rows_held == 6
    for number in range(3):
        row_a, row_b = (bank.state.rows[bank.row_of(number, name)] for name in ("a", "b"))
        assert row_a["count"] > 30
        assert row_b["count"] == 0
        assert row_b["last_time"] > 0
        assert bank.row_of(number, "d") == -1
    gone = [bank.tombstones.key(int(row)) for row in bank.dirty_rows() if row < 0]
    assert sorted(gone) == sorted(row_key("c", one) for one in series_of(3))
    bank.clear_dirty(bank.dirty_rows())
    assert len(bank.dirty_rows()) == 0
    step(after, bank, columns([1.0], [1e6], [1]))
    assert [len(bank.rows_of(number)) for number in range(3)] == [2, 3, 2]
    assert [bank.state.rows[row]["config"] for row in bank.rows_of(1)] == [0, 1, 2]


def test_after_a_change_of_plan_an_unchanged_config_decides_as_if_nothing_had_happened() -> None:
    kept = config("m", min_observations=10)
    alone, changing = plan_of(kept), plan_of(kept, config("z"))
    first, second = (
        columns(noise(120), series=[i % 2 for i in range(120)]),
        columns([*noise(30, 1), 500.0], np.arange(200.0, 231.0).tolist(), [1] * 31),
    )
    still, moved = bank_of(alone, 2), bank_of(changing, 2)
    step(alone, still, first)
    step(changing, moved, first)
    moved.change_plan(alone)
    assert verdicts(step(alone, still, second)) == verdicts(step(alone, moved, second))


def test_blocks_of_freed_rows_are_reused() -> None:
    before = plan_of(config("a"), config("b"))
    bank = bank_of(before, 50)
    times, series = np.repeat(np.arange(64.0), 50).tolist(), list(range(50)) * 64
    step(before, bank, columns(noise(3200), times, series))
    used = int(bank.pool.free[0])
    after = plan_of(config("a"), config("c"))
    bank.change_plan(after)
    step(after, bank, columns(noise(3200), [64.0 + t for t in times], series))
    assert int(bank.pool.free[0]) == used
    assert SIZES[size_class(64)] == 64


def test_matching_again_before_the_checkpoint_is_no_loss() -> None:
    one, both = plan_of(config("a")), plan_of(config("a"), config("b"))
    bank = bank_of(both)
    step(both, bank, columns([1.0, 2.0]))
    bank.change_plan(one)
    bank.change_plan(both)
    step(both, bank, columns([3.0], [9.0]))
    rows = bank.dirty_rows()
    assert [int(row) >= 0 for row in rows] == [False, True, True]
