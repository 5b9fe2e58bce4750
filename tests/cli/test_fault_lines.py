from anomaly_stream.cli.fault_lines import fault_lines
from anomaly_stream.intake.options import LineFault
from anomaly_stream.model import FaultReason


def test_a_few_of_each_kind() -> None:
    times = [LineFault("a.csv", n, FaultReason.TIMESTAMP, "no time") for n in range(9)]
    value = LineFault("a.csv", 9, FaultReason.VALUE, "no number")
    other = LineFault("b.csv", 0, FaultReason.TIMESTAMP, "no time")
    assert list(fault_lines([*times, value, other])) == [
        *(f"a.csv:{n}: timestamp: no time" for n in range(1, 6)),
        "a.csv:10: value: no number",
        "b.csv:1: timestamp: no time",
        "4 more faulty lines: timestamp 4",
    ]
    assert list(fault_lines([])) == []
