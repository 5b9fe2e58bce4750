"""The time from ``produce`` of a spike to the arrival of its alert at a consumer, at several rates.

A worker reads a backlog first: its windows fill, and its peak rate is measured. Then a process of its own
produces values at a fixed rate with 20 spikes per second among them, and a thread consumes alerts. The same
consumer reads the spikes from a topic of their own, written by the same producer at the same moment: this
echo is the cost of the measurement itself, without a worker.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import psutil

from benchmarks import worker
from benchmarks.arrivals import Arrivals
from benchmarks.load import WINDOW_POINTS, Load, produce
from benchmarks.pacer import Pace, Paced
from benchmarks.processes import ContenderError, anomaly_stream, last_words, running
from benchmarks.topics import create_topic
from tests.brokers.broker import free_port

RATES = (1_000, 50_000)
ALERTS_TOPIC = "anomaly-alerts"
"""The default name of the topic in the settings, without the namespace."""
JUDGED_RATE = 50_000
MOST_P99_MS = 100.0
LEAST_CHECKPOINTS = 2
SPIKES_PER_S = 20
BACKLOG = 6_000_000
"""Number of observations after the windows are full, at most, over which the peak rate is measured."""
ARRIVAL_S = 15.0
"""Time that alerts have to arrive after the last value."""


@dataclass(frozen=True)
class Quantiles:
    """Median, 99th percentile and maximum of latencies, in milliseconds."""

    p50: float
    p99: float
    longest: float

    @staticmethod
    def of(milliseconds: Iterable[float]) -> "Quantiles":
        """Those of a sample, which must not be empty."""
        return Quantiles(
            *(float(q) for q in np.percentile(list(milliseconds), (50, 99, 100), method="higher"))
        )

    def __str__(self) -> str:
        return f"{self.p50:7.1f} {self.p99:7.1f} {self.longest:7.1f}"


@dataclass(frozen=True)
class Phase:
    """The result at one rate."""

    rate: int
    paced: Paced
    alerts: Quantiles
    echo: Quantiles
    missing: int
    checkpoints: int
    checkpoint_seconds: float
    worker_cpu: float
    busy_percent: float


class LatencyBench:
    """One worker, measured at one rate after another.

    Args:
        bootstrap: the broker.
        namespace: of the worker's topics, which must not exist.
        series: number of series.
        backlog: number of observations over which the peak rate is measured.
        seconds: length of the paced part at each rate.
        log: shows progress.
    """

    def __init__(
        self,
        bootstrap: str,
        namespace: str,
        series: int,
        backlog: int,
        seconds: float,
        log: Callable[[str], None],
    ) -> None:
        self._bootstrap = bootstrap
        self._namespace = namespace
        self._series = series
        self._seconds = seconds
        self._log = log
        self._metrics = f"{namespace}-{worker.METRICS_TOPIC}"
        self._alerts = f"{namespace}-{ALERTS_TOPIC}"
        self._echo = f"{namespace}-echo"
        self._next_tick = WINDOW_POINTS + -(-backlog // series)
        self._port = free_port()

    def run(self, directory: Path) -> tuple[float, list[Phase]]:
        """The peak rate in the backlog, and a phase at each of `RATES` and at half of the peak."""
        settings = worker.write_settings(directory, self._bootstrap, self._namespace, self._port)
        anomaly_stream("topics", "create", "--settings", str(settings))
        anomaly_stream("configs", "apply", str(worker.write_config(directory)), "--settings", str(settings))
        create_topic(self._bootstrap, self._echo, 1)
        backlog = Load(self._series, self._next_tick, spike_every=0)
        produce(self._bootstrap, self._metrics, backlog, lambda _: None)
        self._log(f"latency: produced a backlog of {backlog.messages:,}")
        log = directory / "worker.log"
        with running(worker.worker_command(settings), log) as process:
            samples = list(worker.watch(process, self._port, log, backlog.messages))
            peak = worker.steady_part(samples, self._series * WINDOW_POINTS).rate
            self._log(f"latency: peak {peak:,.0f}/s")
            rates = self.rates(peak)
            watched = psutil.Process(process.pid)
            with Arrivals(self._bootstrap, [self._alerts, self._echo], f"{self._namespace}-observer") as seen:
                phases = [self._phase(watched, rate, turn, seen) for turn, rate in enumerate(rates)]
            if process.poll() is not None:
                raise ContenderError(f"the worker ended:\n{last_words(log)}")
        return peak, phases

    def rates(self, peak: float) -> tuple[int, ...]:
        """The rates to measure at."""
        return (*RATES, int(peak / 2))

    def _phase(self, watched: psutil.Process, rate: int, turn: int, seen: Arrivals) -> Phase:
        pace = Pace(
            *(self._bootstrap, self._metrics, self._echo, self._series, self._next_tick, rate, self._seconds),
            spikes=int(SPIKES_PER_S * self._seconds),
            turns=len(RATES) + 1,
            turn=turn,
        )
        self._next_tick += pace.ticks
        before, paced, after, busy = self._pace(watched, pace)
        deadline = time.monotonic() + ARRIVAL_S
        while len(arrived := seen.of(self._alerts).keys() & paced.spikes.keys()) < len(paced.spikes):
            if time.monotonic() > deadline:
                break
            time.sleep(0.2)
        phase = Phase(
            rate,
            paced,
            _quantiles(paced, seen.of(self._alerts)),
            _quantiles(paced, seen.of(self._echo)),
            len(paced.spikes) - len(arrived),
            after.checkpoints - before.checkpoints,
            after.checkpoint_seconds - before.checkpoint_seconds,
            (after.cpu_seconds - before.cpu_seconds) / (after.seconds - before.seconds),
            busy,
        )
        self._log(f"latency: {rate:,}/s measured")
        return phase

    def _pace(self, watched: psutil.Process, pace: Pace) -> tuple[worker.Sample, Paced, worker.Sample, float]:
        """What was written, the worker's counters before and after, and how busy the machine was."""
        command = [sys.executable, "-m", "benchmarks.pacer", msgspec.json.encode(pace).decode()]
        with tempfile.NamedTemporaryFile() as errors, running(command, Path(errors.name)) as process:
            assert process.stdout is not None
            process.stdout.readline()  # it is about to begin
            psutil.cpu_percent()
            before = worker.take_sample(watched, self._port)
            line = process.stdout.readline()
            after = worker.take_sample(watched, self._port)
            busy = psutil.cpu_percent()
            if not line or before is None or after is None:
                raise ContenderError(f"no measurement at {pace.rate:,}/s:\n{last_words(Path(errors.name))}")
            return before, msgspec.json.decode(line, type=Paced), after, busy


def _quantiles(paced: Paced, arrived: dict[str, int]) -> Quantiles:
    found = [(arrived[spike] - at) / 1e6 for spike, at in paced.spikes.items() if spike in arrived]
    if not found:
        raise ContenderError("no spike arrived")
    return Quantiles.of(found)


def measure(
    bootstrap: str,
    namespace: str,
    series: int,
    observations: int,
    seconds: float,
    log: Callable[[str], None],
) -> tuple[list[str], list[tuple[str, bool]]]:
    """Measure; returns lines to print, and claims."""
    bench = LatencyBench(bootstrap, namespace, series, min(observations, BACKLOG), seconds, log)
    with tempfile.TemporaryDirectory(prefix="anomaly-stream-bench-") as directory:
        try:
            peak, phases = bench.run(Path(directory))
        finally:
            worker.forget(bootstrap, namespace)
    return table(peak, phases), claims(phases)


def table(peak: float, phases: list[Phase]) -> list[str]:
    """A line for each phase."""
    lines = [
        f"produce to alert, and to the echo, in ms; peak {peak:,.0f}/s; {SPIKES_PER_S} spikes per second",
        f"{'values/s':>10}  {'alert p50':>9} {'p99':>7} {'max':>7}"
        f"  {'echo p50':>9} {'p99':>7} {'max':>7}  remark",
    ]
    for phase in phases:
        paced = phase.paced
        lines.append(
            f"{phase.rate:10,}   {phase.alerts}    {phase.echo}  {len(paced.spikes)} spikes,"
            f" {phase.checkpoints} checkpoints in {paced.seconds:.0f} s, {phase.checkpoint_seconds:.1f} s;"
            f" worker {phase.worker_cpu:.2f} cores,"
            f" producer {paced.cpu_seconds / paced.seconds:.2f}, at most {paced.late_s * 1000:.0f} ms late;"
            f" machine {phase.busy_percent:.0f}% busy"
        )
    return lines


def claims(phases: list[Phase]) -> list[tuple[str, bool]]:
    """Each claim, and whether this run confirms it."""
    judged = [
        (f"every spike at {phase.rate:,}/s raised an alert: {phase.missing} missing", phase.missing == 0)
        for phase in phases
    ]
    for phase in phases:
        if phase.rate == JUDGED_RATE:
            p99, checkpoints = phase.alerts.p99, phase.checkpoints
            judged.append(
                (
                    f"99% of alerts at {phase.rate:,}/s arrive within {MOST_P99_MS:.0f} ms, with"
                    f" {LEAST_CHECKPOINTS} or more checkpoints: {p99:.0f} ms, {checkpoints} checkpoints",
                    p99 <= MOST_P99_MS and checkpoints >= LEAST_CHECKPOINTS,
                )
            )
    return judged
