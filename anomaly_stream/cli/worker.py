"""``anomaly-stream worker``: score observations from Kafka."""

import typer

from anomaly_stream.apps.worker import run_worker
from anomaly_stream.cli.options import SettingsFile, start_process

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def worker(settings: SettingsFile = None) -> None:
    """Score observations from the metrics topics until SIGTERM; more workers share the partitions.

    Example: anomaly-stream worker --settings settings.yaml
    """
    run_worker(start_process(settings))
