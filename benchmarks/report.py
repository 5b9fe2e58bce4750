"""The output of a run: the machine, a line per contender, and whether the claims hold."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median

import psutil

from benchmarks.auto import MOST_US as AUTO_MOST_US
from benchmarks.group import MINUTES, SECONDS
from benchmarks.measurement import Measurement

PACKAGES = (
    "faust-streaming",
    "aiokafka",
    "confluent-kafka",
    "orjson",
    "rocksdict",
    "cramjam",
    "numpy",
    "numba",
)
CPU_INFO = Path("/proc/cpuinfo")
HEADER = (
    "contender",
    "observations/s",
    "lowest - highest",
    "CPU s / million",
    "x stock Faust",
    "x bare loop",
    "remark",
)
IDLE_CHECK_S = 1.0
LEAST_TIMES_FAUST = 100.0
LEAST_TIMES_BARE_LOOP = 1.0


@dataclass(frozen=True, slots=True)
class Row:
    """Medians of a contender over all rounds, and the range of its rates."""

    label: str
    rate: float
    lowest: float
    highest: float
    cpu_per_million: float
    remark: str

    @staticmethod
    def of(label: str, rounds: Sequence[Measurement]) -> "Row":
        """The row of a contender that was measured once per round."""
        rates = [measurement.rate for measurement in rounds]
        cpu = median(measurement.cpu_per_million for measurement in rounds)
        return Row(label, median(rates), min(rates), max(rates), cpu, rounds[-1].remark)


def table(rows: Mapping[str, Row]) -> str:
    """The rows as an aligned table, with the ratios of their rates to those of the rivals measured."""
    lines = [HEADER] + [
        (
            row.label,
            f"{row.rate:,.0f}",
            f"{row.lowest:,.0f} - {row.highest:,.0f}",
            f"{row.cpu_per_million:.2f}",
            _ratio(row, rows.get("stock-faust")),
            _ratio(row, rows.get("bare-loop")),
            row.remark,
        )
        for row in rows.values()
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADER))]
    return "\n".join(_aligned(line, widths) for line in lines)


def _ratio(row: Row, rival: Row | None) -> str:
    return f"{row.rate / rival.rate:.2f}" if rival else "-"


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    """A line with text aligned left and figures aligned right."""
    last = len(line) - 1
    cells = [
        cell.ljust(width) if column in (0, last) else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(line, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()


def claims(rows: Mapping[str, Row]) -> list[tuple[str, bool]]:
    """Each claim with its figure, and whether this run confirms it.

    Claims about the worker are checked only if the rival was measured too.
    """
    worker, judged = rows.get("worker"), []
    if worker and (faust := rows.get("stock-faust")):
        times = worker.rate / faust.rate
        judged.append(
            (
                f"the worker is at least {LEAST_TIMES_FAUST:.0f} times stock Faust: {times:.1f} times",
                times >= LEAST_TIMES_FAUST,
            )
        )
    if worker and (loop := rows.get("bare-loop")):
        times = worker.rate / loop.rate
        judged.append(
            (f"the worker is no slower than the bare loop: {times:.2f} times", times >= LEAST_TIMES_BARE_LOOP)
        )
    if auto := rows.get("engine-auto"):
        cost = auto.cpu_per_million
        judged.append(
            (f"auto takes at most {AUTO_MOST_US:.0f} us per value: {cost:.1f}", cost <= AUTO_MOST_US)
        )
    for name, claim in (("group", SECONDS), ("group-minutes", MINUTES)):
        if group := rows.get(name):
            cost = group.cpu_per_million
            judged.append((f"{name}: a vector takes at most {claim.us:.0f} us: {cost:.1f}", cost <= claim.us))
    return judged


def machine(broker: str) -> list[str]:
    """Lines about hardware and software; takes `IDLE_CHECK_S` to measure the load before the run."""
    memory = psutil.virtual_memory().total / 2**30
    busy = psutil.cpu_percent(interval=IDLE_CHECK_S)
    return [
        f"CPU       {_cpu_model()}, {psutil.cpu_count()} cores ({busy:.0f}% busy before the run),"
        f" {memory:.0f} GiB of memory",
        f"system    {platform.system()} {platform.release()}, Python {platform.python_version()}",
        f"packages  {', '.join(f'{name} {version(name)}' for name in PACKAGES)}",
        f"broker    {broker}",
    ]


def _cpu_model() -> str:
    if CPU_INFO.exists():
        for line in CPU_INFO.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
