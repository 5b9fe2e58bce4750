"""``python -m benchmarks.group_minutes TASK``: ``benchmarks.group`` under the default of slower groups."""

import sys

import msgspec

from benchmarks.group import MINUTES, measure
from benchmarks.measurement import Task

if __name__ == "__main__":
    measured = measure(msgspec.json.decode(sys.argv[1], type=Task), MINUTES)
    print(msgspec.json.encode(measured).decode(), flush=True)
