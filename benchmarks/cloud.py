"""Score a folder laid out like Microsoft's Cloud Monitoring Dataset, with rivals and published figures."""

import sys
from pathlib import Path

if not __package__:  # run as a file: put the project's root on the path instead of this folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks.quality.commands import run_command
from benchmarks.quality.folders import load_cloud

if __name__ == "__main__":
    sys.exit(run_command("cloud", __doc__, load_cloud))
