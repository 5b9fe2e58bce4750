"""``python -m benchmarks.quality``: detection on all corpora, ours beside rivals and published figures."""

import sys
from pathlib import Path

from benchmarks.quality.commands import FAULTS, labelled_alone, log, measure, options, report
from benchmarks.quality.comparison import summary
from benchmarks.quality.evaluation import CLOUD, NAB, SYNTHETIC
from benchmarks.quality.folders import load_cloud, load_nab
from benchmarks.quality.series import Corpus
from benchmarks.quality.synthetic import suite

_LOADERS = {NAB: load_nab, CLOUD: load_cloud}


def main() -> int:
    """Parse the command line, run, print; returns the exit status."""
    parser = options(__doc__, "benchmarks.quality")
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="a folder that holds nab/ and cloud/, laid out like those corpora",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="write each row's verdict to DIR/nab and DIR/cloud"
    )
    arguments = parser.parse_args()
    corpora: dict[str, Corpus] = {}
    try:
        for name, load in _LOADERS.items():
            if arguments.data and (arguments.data / name / "data").is_dir():
                corpora[name] = load(arguments.data / name)
            else:
                log(f"{name}: not measured; --data DIR (make quality DATA=DIR) with DIR/{name}/data would")
        out = {name: arguments.out / name for name in corpora} if arguments.out else {}
        corpora[SYNTHETIC] = suite()
        ours, rivals = measure(corpora, arguments.config, arguments.rivals, out)
    except FAULTS as fault:
        log(f"{parser.prog}: {fault}")
        return 2
    print(report(ours, rivals, arguments.by_file))
    print(f"\n{summary(labelled_alone(ours), rivals)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
