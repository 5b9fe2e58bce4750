import pytest

from benchmarks.measurement import Measurement, Meter, Task
from benchmarks.report import Row, claims, machine, table


def row(rate: int) -> Row:
    return Row.of("contender", [Measurement(rate, 1.0, 0.5)])


def test_a_row_holds_the_medians_and_the_range() -> None:
    made = Row.of("x", [Measurement(100, 1.0, 0.9), Measurement(300, 1.0, 0.3), Measurement(200, 1.0, 1.0)])

    assert (made.rate, made.lowest, made.highest) == (200, 100, 300)
    assert made.cpu_per_million == pytest.approx(5_000)


def test_the_table_is_aligned_and_has_ratios_only_to_what_was_measured() -> None:
    lines = table({"bare-loop": row(1_000), "worker": row(2_500)}).splitlines()

    assert len({line.index("contender") for line in lines}) == 1
    assert lines[2].split()[1] == "2,500"
    assert lines[2].split()[-2:] == ["-", "2.50"]


@pytest.mark.parametrize(
    ("worker", "held"), [(1_000_000, [True, True]), (90_000, [False, False]), (300_000, [True, False])]
)
def test_claims_are_judged_by_the_rows(worker: int, held: list[bool]) -> None:
    rows = {"stock-faust": row(1_000), "bare-loop": row(400_000), "worker": row(worker)}

    assert [holds for _, holds in claims(rows)] == held


def test_only_measured_figures_are_claimed() -> None:
    assert claims({"worker": row(1)}) == []
    assert claims({"stock-faust": row(1), "bare-loop": row(1)}) == []


def test_the_machine_is_named_with_its_broker() -> None:
    lines = machine("Apache Kafka 4")

    assert lines[-1] == "broker    Apache Kafka 4"
    assert all(len(line.split()) > 1 for line in lines)


def test_a_meter_measures_whole_batches_after_the_warm_up(capfd: pytest.CaptureFixture[str]) -> None:
    meter = Meter(Task("", "", "", series=1, warm_up=100, observations=200))
    for _ in range(10):
        assert not meter.done
        meter.add(60)
        if meter.done:
            break

    assert capfd.readouterr().out.startswith('{"observations":180,')  # from 120 to 300
