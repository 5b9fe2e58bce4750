"""``anomaly-stream recorder``: write alerts and anomalies to the history."""

import typer

from anomaly_stream.apps.recorder import run_recorder
from anomaly_stream.cli.options import SettingsFile, start_process

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def recorder(settings: SettingsFile = None) -> None:
    """Write alerts, anomalies and versions of configs to the history until SIGTERM.

    Example: anomaly-stream recorder --settings settings.yaml
    """
    run_recorder(start_process(settings))
