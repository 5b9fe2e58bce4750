"""``make chaos``: seeded schedules, each lane against an Apache Kafka of its own."""

import argparse
import queue
import sys
import tempfile
import threading
from pathlib import Path

from tests.brokers.apache import ApacheKafka
from tests.chaos.run import Run, Verdict
from tests.chaos.schedule import draw


def lane(seeds: "queue.SimpleQueue[int]", keep: Path | None, verdicts: list[Verdict]) -> None:
    """Run schedules until none is left; most of a schedule is waiting, so several lanes fit a machine."""
    with ApacheKafka() as broker:
        while True:
            try:
                seed = seeds.get_nowait()
            except queue.Empty:
                return
            with tempfile.TemporaryDirectory(prefix="anomaly-stream-chaos-") as temporary:
                directory = Path(keep or temporary) / f"seed-{seed}"
                directory.mkdir(parents=True)
                verdict = Run(draw(seed), broker, f"chaos-{seed}", directory).play()
            verdicts.append(verdict)
            print(verdict, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seeds", type=int, default=10, help="how many schedules")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time")
    parser.add_argument("--keep", type=Path, help="directory to keep the workers' logs and data in")
    arguments = parser.parse_args()
    seeds: queue.SimpleQueue[int] = queue.SimpleQueue()
    for seed in range(arguments.first, arguments.first + arguments.seeds):
        seeds.put(seed)
    verdicts: list[Verdict] = []
    lanes = [
        threading.Thread(target=lane, args=(seeds, arguments.keep, verdicts)) for _ in range(arguments.jobs)
    ]
    for each in lanes:
        each.start()
    for each in lanes:
        each.join()
    failed = sorted(verdict.schedule.seed for verdict in verdicts if verdict.faults)
    passed = len(verdicts) - len(failed)
    print(f"{passed} of {arguments.seeds} schedules passed" + (f"; failed: {failed}" if failed else ""))
    return 0 if passed == arguments.seeds else 1


if __name__ == "__main__":
    sys.exit(main())
