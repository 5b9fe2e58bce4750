"""``python -m tests.integration.plain_worker VERB``: the command line with a second input format."""

from anomaly_stream.cli import main
from anomaly_stream.formats.registry import FORMATS
from tests.formats import plain_lines

if __name__ == "__main__":
    FORMATS[plain_lines.NAME] = plain_lines.ENTRY
    main()
