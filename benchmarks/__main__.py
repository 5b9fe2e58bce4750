"""``python -m benchmarks``: measure the worker and its rivals on Apache Kafka, and print one table.

Exits with status 1 if a measured claim does not hold, or a contender failed.
"""

import argparse
import sys
import time
from collections import defaultdict

from benchmarks import api, changelog, failover, history, latency, notify, recovery
from benchmarks.contenders import CONTENDERS, Bench
from benchmarks.load import PARTITIONS, WINDOW_POINTS
from benchmarks.measurement import Measurement
from benchmarks.processes import ContenderError
from benchmarks.report import Row, claims, machine, table
from tests.brokers import start_broker

PROGRESS_S = 5.0
FIGURES = ("latency", "changelog", "recovery", "failover", "api", "history", "notify")
"""These are printed below the table of the contenders."""


def main() -> int:
    """Parse the command line, run and print; returns the exit status."""
    options = parse(sys.argv[1:])
    broker, refused = start_broker()
    with broker:
        bench = Bench(broker.bootstrap, options.series, options.observations)
        print("\n".join([*machine(broker.description), *what_is_measured(bench, options.rounds)]), flush=True)
        if not broker.apache:
            print("\n".join(["NOT APACHE KAFKA: these figures prove nothing.", *refused]), flush=True)
        try:
            rows = run(bench, [name for name in options.only if name in CONTENDERS], options.rounds)
            figures, judged = run_figures(bench, options)
        except ContenderError as error:
            log(str(error))
            return 1
        finally:
            bench.clean_up()
    if rows:
        print(f"\n{table(rows)}")
    print("\n".join(["", *figures, ""]))
    judged = claims(rows) + judged
    for claim, holds in judged:
        print(f"{'holds   ' if holds else 'FAILS   '}{claim}")
    return 0 if all(holds for _, holds in judged) else 1


def parse(arguments: list[str]) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--observations",
        type=int,
        default=40_000_000,
        help="length of the worker's measured part, once its windows are full (default %(default)s)",
    )
    parser.add_argument("--series", type=int, default=10_000, help="number of series (default %(default)s)")
    parser.add_argument(
        "--rounds",
        type=int,
        default=3,
        help="number of rounds; each contender runs once per round (default 3)",
    )
    parser.add_argument(
        "--only",
        action="extend",
        type=lambda names: names.split(","),
        metavar="NAMES",
        help=f"measure these, of {', '.join([*CONTENDERS, *FIGURES])} (default: all)",
    )
    parser.add_argument(
        "--state-series",
        type=int,
        default=100_000,
        help="number of series for the measurements of changelog and recovery (default %(default)s)",
    )
    parser.add_argument(
        "--latency-seconds",
        type=float,
        default=25.0,
        help="length of the latency measurement at each rate (default %(default)s)",
    )
    options = parser.parse_args(arguments)
    names = [*CONTENDERS, *FIGURES]
    if unknown := set(options.only or ()).difference(names):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known are {', '.join(names)}")
    options.only = [name for name in names if not options.only or name in options.only]
    return options


def what_is_measured(bench: Bench, rounds: int) -> list[str]:
    """Lines that describe the job, the load and the method."""
    return [
        f"job       z-score, modified z-score and IQR of every value, window of {WINDOW_POINTS} points;"
        f" or auto; {bench.series:,} series, windows full before measuring starts",
        f"load      {bench.load.messages:,} messages of about 100 bytes, JSON, one observation each, lz4,"
        f" {PARTITIONS} partitions, random values; the broker on this machine too, where it is ours",
        f"method    every contender in a fresh process, rounds in turn: {rounds}; medians; CPU of its"
        " process, user and system",
    ]


NEEDS_NO_LOAD = {"stock-faust", "engine", "engine-few", "engine-auto", "group", "group-minutes"}
"""The contenders that do not read the common load."""


def run(bench: Bench, names: list[str], rounds: int) -> dict[str, Row]:
    """Produce once, then measure every contender once per round."""
    started = time.monotonic()
    shown = started

    def show_progress(sent: int) -> None:
        nonlocal shown
        if time.monotonic() - shown > PROGRESS_S:
            shown = time.monotonic()
            log(f"producing: {sent:,} of {bench.load.messages:,}")

    if not NEEDS_NO_LOAD.issuperset(names):
        bench.produce(show_progress)
        log(f"produced {bench.load.messages:,} messages in {time.monotonic() - started:.0f} s")
    measured: dict[str, list[Measurement]] = defaultdict(list)
    for number in range(1, rounds + 1):
        for name in names:
            measurement = CONTENDERS[name][1](bench)
            measured[name].append(measurement)
            log(f"round {number}: {name}: {measurement.rate:,.0f}/s over {measurement.seconds:.1f} s")
    return {name: Row.of(CONTENDERS[name][0], measured[name]) for name in names}


def run_figures(bench: Bench, options: argparse.Namespace) -> tuple[list[str], list[tuple[str, bool]]]:
    """Measure those of `FIGURES` that were asked for; returns lines to print, and claims."""
    lines: list[str] = []
    judged: list[tuple[str, bool]] = []
    if "latency" in options.only:
        namespace = f"{bench.prefix}-latency"
        found, claimed = latency.measure(
            bench.bootstrap, namespace, bench.series, bench.observations, options.latency_seconds, log
        )
        lines += [f"latency   {line}" for line in found]
        judged += claimed
    if "changelog" in options.only:
        found, claimed = changelog.measure(options.state_series)
        lines += [f"changelog {line}" for line in found]
        judged += claimed
        log("changelog measured")
    if "recovery" in options.only:
        found = recovery.measure(bench.bootstrap, f"{bench.prefix}-recovery", options.state_series, log)
        lines += [f"recovery  {line}" for line in found]
    if "api" in options.only:
        lines += [f"api       {line}" for line in api.measure(bench.bootstrap, f"{bench.prefix}-api")]
    if "history" in options.only:
        found, holds = history.measure(bench.bootstrap, f"{bench.prefix}-history", log)
        lines += [f"history   {line}" for line in found]
        judged += holds
    if "notify" in options.only:
        found, holds = notify.measure(bench.bootstrap, f"{bench.prefix}-notify", log)
        lines += [f"notify    {line}" for line in found]
        judged += holds
    if "failover" in options.only:
        found, holds = failover.measure(bench.bootstrap, f"{bench.prefix}-failover", log)
        lines += [f"failover  {line}" for line in found]
        judged += holds
    return lines, judged


def log(line: str) -> None:
    """Print progress on standard error; standard output holds only the result."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
