"""Score the synthetic suite: kinds with anomalies that operators encounter, and kinds without any."""

import sys
from pathlib import Path

if not __package__:  # run as a file: put the project's root on the path instead of this folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks.quality.commands import run_command

if __name__ == "__main__":
    sys.exit(run_command("synthetic", __doc__, None))
