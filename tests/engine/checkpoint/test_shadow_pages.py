"""Shadow pages: which are written, the state after a crash, and when records are deleted."""

from typing import Any

import numpy as np
import pytest
from crc32c import crc32c
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.checkpoint.encode import canonical_rows
from anomaly_stream.engine.checkpoint.page_table import digest
from anomaly_stream.engine.plan.plan import Plan
from anomaly_stream.engine.plan.state_layout import PAGE, page_count, segment_words
from anomaly_stream.errors import StateError
from anomaly_stream.formats.state_record import FORMAT_VERSION
from tests.engine.checkpoints import SOURCES, Changelog, SmallWorker, detector_state_of, state_of
from tests.engine.inputs import columns, config, plan_of, row_keys

SERIES = 3


def plan_with(**words: int) -> Plan:
    """Configs of these names whose rows have detector state of these lengths, which only the tests write
    to."""
    plan = plan_of(*(config(name) for name in words))
    plan.compiled["state_words"] = [words[one.id] for one in plan.configs]
    plan.compiled["state_digest"] = plan.compiled["state_words"]
    plan.segment_words[:] = [segment_words(int(count)) for count in plan.compiled["state_words"]]
    return plan


PLAN = plan_with(a=500, b=64, c=PAGE * 40 + 1, d=0)


def scribble(rng: np.random.Generator, bank: Bank, row: int) -> None:
    """Change some words of a row's detector state, set a page to zeros, or change nothing."""
    state = detector_state_of(bank, row)
    if len(state) == 0:
        return
    for _ in range(int(rng.integers(4))):
        state[rng.integers(len(state))] = rng.choice([0.0, -0.0, np.nan, rng.normal(), 1e300])
    if rng.random() < 0.2:
        first = PAGE * int(rng.integers(page_count(len(state))))
        state[first : first + PAGE] = 0.0
    if rng.random() < 0.05:
        state[:] = rng.normal(size=len(state))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_each_row_is_read_back_as_of_one_head_if_a_checkpoint_is_written_in_part(seed: int) -> None:
    rng = np.random.default_rng(seed)
    changelog = Changelog()
    worker = SmallWorker(PLAN, SERIES, changelog)
    after: dict[tuple[Any, ...], dict[float, bytes]] = {}
    for tick in range(12):
        for row, (number, name) in enumerate(row_keys(worker.bank)):
            if rng.random() < 0.3:
                continue
            scribble(rng, worker.bank, row)
            worker.bank.state.rows[row]["last_time"] = tick
            worker.bank.state.rows[row]["dirty"] = 1
            known = after.setdefault((worker.bank.series[number].key, name), {-np.inf: b""})
            known[float(tick)] = detector_state_of(worker.bank, row).tobytes()
        stages = worker.checkpoint()
        last = int(rng.integers(len(stages))) if rng.random() < 0.5 else len(stages)
        for stage in stages[:last]:
            changelog.write(stage)
        if last < len(stages):
            kept = rng.random(len(stages[last])) < rng.choice([0.1, 0.5, 0.9])
            changelog.write([record for record, keep in zip(stages[last], kept, strict=True) if keep])
            worker = SmallWorker(PLAN, SERIES, changelog)
        again = SmallWorker(PLAN, SERIES, changelog)
        for row, (number, name) in enumerate(row_keys(again.bank)):
            then = float(again.bank.state.rows[row]["last_time"])
            expected = after.get((again.bank.series[number].key, name), {-np.inf: b""})[then]
            found = detector_state_of(again.bank, row)
            assert found.tobytes() == (expected or found.tobytes())
            assert expected or not found.any()
        for known in after.values():  # states of heads that were never written
            for tick_known in [one for one in known if one > tick]:
                del known[tick_known]


def test_only_pages_that_changed_are_written() -> None:
    worker = SmallWorker(plan_with(a=500), 1, Changelog())
    worker.step(columns([1.0, 2.0, 3.0]), 0, 1)
    detector_state_of(worker.bank, 0)[:] = 1.0
    keys = [[key[-2:] for key, _ in stage if key.count(b"\0", 0, -2) > 1] for stage in worker.checkpoint()]
    assert keys == [[], [(2 * page).to_bytes(2, "big") for page in range(8)], []]
    worker.step(columns([1.0, 2.0, 3.0]), 1, 2)
    detector_state_of(worker.bank, 0)[[70, 499]] = 2.0
    _, pages, heads = worker.checkpoint()
    assert [int.from_bytes(key[-2:], "big") for key, _ in pages] == [3, 15]
    assert len(heads) == 1
    worker.step(columns([1.0, 2.0, 3.0]), 2, 3)
    _, pages, heads = worker.checkpoint()
    assert (len(pages), len(heads)) == (0, 1)


def test_no_record_is_left_when_a_row_goes() -> None:
    changelog = Changelog()
    worker = SmallWorker(PLAN, SERIES, changelog)
    rng = np.random.default_rng(1)
    for tick in range(4):
        worker.step(columns([float(tick)] * 3, [float(tick)] * 3, [0, 1, 2]), 0, 3)
        for row in range(worker.bank.row_count):
            scribble(rng, worker.bank, row)
            detector_state_of(worker.bank, row)[:1] = tick
        for stage in worker.checkpoint():
            changelog.write(stage)
    assert len(changelog.records) > SERIES * 4
    gone = SmallWorker(PLAN, SERIES, changelog)
    gone.change_plan(plan_with(z=8))
    for stage in gone.checkpoint():
        changelog.write(stage)
    assert changelog.records == {}


def test_records_without_a_config_or_a_head_are_deleted() -> None:
    changelog = Changelog()
    worker = SmallWorker(PLAN, SERIES, changelog)
    worker.step(columns([1.0] * 3, [1.0] * 3, [0, 1, 2]), 0, 3)
    for row in range(worker.bank.row_count):
        detector_state_of(worker.bank, row)[:] = 5.0
    for stage in worker.checkpoint():
        changelog.write(stage)
    for without_heads in (False, True):
        records = dict(changelog.records)
        if without_heads:
            records = {key: value for key, value in records.items() if key.count(b"\0", 0, -2) > 1}
        left = Changelog()
        left.records = records
        other = SmallWorker(plan_with(z=8), SERIES, left)
        for stage in other.checkpoint():
            left.write(stage)
        assert left.records == {}


def saved_under(plan: Plan, changelog: Changelog) -> SmallWorker:
    """A worker with one series, whose detector state a checkpoint has written."""
    worker = SmallWorker(plan, 1, changelog)
    worker.step(columns([1.0, 2.0]), 0, 2)
    detector_state_of(worker.bank, 0)[:] = 7.0
    for stage in worker.checkpoint():
        changelog.write(stage)
    return worker


@pytest.mark.parametrize("words", [0, 64, 400, 700])
def test_another_layout_restarts_and_survives_a_crash_before_its_first_head(words: int) -> None:
    changelog = Changelog()
    before, after = plan_with(a=500), plan_with(a=words)
    worker = saved_under(before, changelog)
    old = state_of(worker)
    for restarted in (worker, SmallWorker(after, 1, changelog)):
        if restarted is worker:
            worker.change_plan(after)
        assert not detector_state_of(restarted.bank, 0).any()
        assert restarted.bank.state.rows[0]["last_time"] == 1.0
        detector_state_of(restarted.bank, 0)[:] = 8.0
        restarted.bank.state.rows[0]["dirty"] = 1
        _, pages, heads = restarted.checkpoint()
        partly = Changelog()
        partly.records = dict(changelog.records)
        partly.write(pages)
        assert state_of(SmallWorker(before, 1, partly)) == old
        partly.write(heads)
        again = SmallWorker(after, 1, partly)
        assert detector_state_of(again.bank, 0).tolist() == [8.0] * words
        again.change_plan(plan_with(z=8))
        for stage in again.checkpoint():
            partly.write(stage)
        assert partly.records == {}


@pytest.mark.parametrize("words", [0, 64, 400, 700])
def test_a_layout_that_returns_begins_empty_and_keeps_the_pages_that_a_crash_needs(words: int) -> None:
    changelog = Changelog()
    before, between = plan_with(a=500), plan_with(a=words)
    saved_under(before, changelog)
    silent = SmallWorker(between, 1, changelog)
    for stage in silent.checkpoint():
        changelog.write(stage)
    started = SmallWorker(before, 1, changelog)
    silent.change_plan(before)
    assert state_of(started) == state_of(silent)
    assert not detector_state_of(started.bank, 0).any()
    detector_state_of(silent.bank, 0)[:] = 8.0
    _, pages, heads = silent.checkpoint()
    changelog.write(pages)
    assert state_of(SmallWorker(before, 1, changelog)) == state_of(started)
    changelog.write(heads)
    assert state_of(SmallWorker(before, 1, changelog)) == state_of(silent)


def test_a_missing_or_outdated_page_is_an_error() -> None:
    changelog = Changelog()
    worker = SmallWorker(plan_with(a=100), 1, changelog)
    for value in (1.0, 2.0, 3.0):
        worker.step(columns([value], [value]), 0, 1)
        detector_state_of(worker.bank, 0)[:] = value
        for stage in worker.checkpoint():
            changelog.write(stage)
    pages = [key for key in sorted(changelog.records) if key.count(b"\0", 0, -2) > 1]
    assert len(pages) == 4
    for mixed_up in (False, True):
        broken = Changelog()
        broken.records = dict(changelog.records)
        if mixed_up:  # the content of the other copy
            body = bytearray(broken.records[pages[0]])
            body[16:] = broken.records[pages[1]][16:]
            body[4:8] = crc32c(bytes(body[8:]), FORMAT_VERSION).to_bytes(4, "little")
            broken.records[pages[0]] = bytes(body)
        else:
            del broken.records[pages[0]]
        with pytest.raises(StateError, match="its pages do not match its head"):
            SmallWorker(worker.plan, 1, broken)


def test_a_series_that_returns_keeps_the_pages_that_the_old_head_needs() -> None:
    changelog = Changelog()
    worker = SmallWorker(plan_with(a=200), 1, changelog)
    worker.step(columns([1.0]), 0, 1)
    detector_state_of(worker.bank, 0)[:] = 4.0
    for stage in worker.checkpoint():
        changelog.write(stage)
    old = state_of(worker)
    worker.bank.expire_rows(np.array([0]))
    row = int(worker.bank.add_rows([0], [0])[0])
    assert not detector_state_of(worker.bank, row).any()
    worker.step(columns([1.0], [5.0], first_offset=9), 0, 1)
    detector_state_of(worker.bank, row)[:] = 6.0
    _, pages, heads = worker.checkpoint()
    changelog.write(pages)
    assert state_of(SmallWorker(worker.plan, 1, changelog)) == old
    changelog.write(heads)
    assert state_of(SmallWorker(worker.plan, 1, changelog)) == state_of(worker)


def test_canonical_rows_hold_detector_state_and_change_nothing() -> None:
    changelog = Changelog()
    worker = SmallWorker(PLAN, SERIES, changelog)
    worker.step(columns([1.0] * 3, [1.0] * 3, [0, 1, 2]), 0, 3)
    rng = np.random.default_rng(2)
    for _ in range(5):
        for row in range(worker.bank.row_count):
            scribble(rng, worker.bank, row)
            worker.bank.state.rows[row]["dirty"] = 1
        for stage in worker.checkpoint():
            changelog.write(stage)
    rows, state = worker.bank.state.rows.copy(), worker.bank.detector_state.copy()
    first = canonical_rows(worker.bank, SOURCES, worker.index)
    for name in rows.dtype.names:
        np.testing.assert_array_equal(worker.bank.state.rows[name], rows[name])
    assert worker.bank.detector_state.tobytes() == state.tobytes()
    again = SmallWorker(PLAN, SERIES, changelog)
    assert canonical_rows(again.bank, SOURCES, again.index) == first
    restored = Changelog()
    restored.records = first
    assert state_of(SmallWorker(PLAN, SERIES, restored)) == state_of(worker)
    detector_state_of(worker.bank, worker.bank.row_of(0, "b"))[3] = 17.0
    assert canonical_rows(worker.bank, SOURCES, worker.index) != first


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=2, max_size=64), st.data())
def test_digests_tell_contents_apart(words: list[int], data: st.DataObject) -> None:
    content = np.array(words, np.int64)
    found = digest(content, 0, len(content))
    assert 0 <= found < 2**62
    assert (found == 0) == (not content.any())
    i, j = data.draw(st.tuples(*[st.integers(0, len(words) - 1)] * 2).filter(lambda pair: pair[0] != pair[1]))
    for changed in ([i], [i, j]):  # sign bits differ most often, and cancel most easily
        other = content.copy()
        other[changed] ^= np.int64(-(2**63))
        assert digest(other, 0, len(other)) != found
    swapped = content.copy()
    swapped[[i, j]] = swapped[[j, i]]
    assert (digest(swapped, 0, len(swapped)) == found) == (content[i] == content[j])
