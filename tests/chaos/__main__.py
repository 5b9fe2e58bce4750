"""``make chaos``: seeded schedules against an Apache Kafka of their own."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.brokers.apache import ApacheKafka
from tests.chaos.run import Run
from tests.chaos.schedule import draw


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seeds", type=int, default=10, help="how many schedules")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--keep", type=Path, help="directory to keep the workers' logs and data in")
    arguments = parser.parse_args()
    failed = []
    seeds = range(arguments.first, arguments.first + arguments.seeds)
    with ApacheKafka() as broker:
        print(broker.description)
        for seed in seeds:
            with tempfile.TemporaryDirectory(prefix="anomaly-stream-chaos-") as temporary:
                directory = Path(arguments.keep or temporary) / f"seed-{seed}"
                directory.mkdir(parents=True)
                verdict = Run(draw(seed), broker, f"chaos-{seed}", directory).play()
            print(verdict, flush=True)
            if verdict.faults:
                failed.append(seed)
    print(
        f"{len(seeds) - len(failed)} of {len(seeds)} schedules passed",
        *(f"FAILED: {failed}" for _ in failed[:1]),
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
