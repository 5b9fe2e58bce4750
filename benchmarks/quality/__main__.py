"""``python -m benchmarks.quality``: our detection on all corpora, with rivals and published figures."""

import sys
from pathlib import Path

from benchmarks.quality import choose
from benchmarks.quality.commands import FAULTS, labelled_alone, log, measure, options, report
from benchmarks.quality.comparison import summary
from benchmarks.quality.evaluation import CLOUD, NAB, SYNTHETIC
from benchmarks.quality.reading import read_corpora
from benchmarks.quality.synthetic import suite


def main() -> int:
    """Parse the command line, run, print; returns the exit status."""
    parser = options(__doc__, "benchmarks.quality")
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="a folder of corpora: nab/ in NAB's layout, others as data/<category>/<series>.csv with Label",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="write each row's verdict to DIR/<corpus>")
    arguments = parser.parse_args()
    try:
        corpora = read_corpora(arguments.data) if arguments.data else {}
        for name in (NAB, CLOUD):
            if name not in corpora:
                log(f"{name}: not measured; --data DIR (make quality DATA=DIR) with DIR/{name}/data would")
        out = {name: arguments.out / name for name in corpora} if arguments.out else {}
        corpora[SYNTHETIC] = suite()
        ours, rivals = measure(corpora, arguments.config, arguments.rivals, out)
    except FAULTS as fault:
        log(f"{parser.prog}: {fault}")
        return 2
    print(report(ours, rivals, arguments.by_file))
    print(f"\n{choose.carried([ours, *rivals])}")
    print(f"\n{summary(labelled_alone(ours), [labelled_alone(rival) for rival in rivals])}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
