"""Golden files of state records: the current format version, on the changelog and the baselines topic.

``python -m tests.golden`` writes them again, after a deliberate change of a format before its release. A
format that was released needs a new version, and a golden file of its own.
"""

import struct
from collections.abc import Iterable
from pathlib import Path

from anomaly_stream.formats.state_record import FORMAT_VERSION

_LENGTHS = struct.Struct("<II")
_ROOT = Path(__file__).parent
ROWS = _ROOT / "engine" / "checkpoint" / "golden" / f"rows-v{FORMAT_VERSION}.bin"
BASELINES = ROWS.with_name(f"baselines-v{FORMAT_VERSION}.bin")
INSTANCES = _ROOT / "groups" / "golden" / f"instances-v{FORMAT_VERSION}.bin"


def read(path: Path) -> list[tuple[bytes, bytes]]:
    """The records of a golden file, sorted by key: lengths of key and value, key, value, for each."""
    content, records = path.read_bytes(), []
    while content:
        key_length, value_length = _LENGTHS.unpack_from(content)
        middle = _LENGTHS.size + key_length
        records.append((content[_LENGTHS.size : middle], content[middle : middle + value_length]))
        content = content[middle + value_length :]
    return records


def write(path: Path, records: Iterable[tuple[bytes, bytes]]) -> None:
    """Write a golden file."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(
        b"".join(_LENGTHS.pack(len(key), len(value)) + key + value for key, value in sorted(records))
    )


if __name__ == "__main__":
    from tests.engine.checkpoint.golden_baselines import golden_baselines
    from tests.engine.checkpoint.golden_rows import golden_rows
    from tests.groups.golden_instances import golden_instances

    for file, made in (
        (ROWS, golden_rows()),
        (BASELINES, golden_baselines()),
        (INSTANCES, golden_instances()),
    ):
        write(file, made.items())
        print(f"{file.relative_to(_ROOT.parent)}: {len(made)} records")
