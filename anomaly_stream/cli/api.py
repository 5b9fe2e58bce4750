"""``anomaly-stream api``: serve the configuration API."""

from typing import Annotated

import typer

from anomaly_stream.apps.api import run_api
from anomaly_stream.cli.options import SettingsFile, start_process

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def api(
    settings: SettingsFile = None,
    insecure_no_auth: Annotated[
        bool,
        typer.Option(
            "--insecure-no-auth", help="Serve everybody as an administrator; on a loopback address only."
        ),
    ] = False,
) -> None:
    """Serve the configuration API until SIGTERM; several processes may serve the same topics.

    Example: anomaly-stream api --settings settings.yaml
    """
    run_api(start_process(settings), insecure_no_auth)
