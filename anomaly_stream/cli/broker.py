"""``anomaly-stream broker``: an embedded broker for a first look."""

import signal
from types import FrameType
from typing import Annotated

import typer

from anomaly_stream.errors import BrokerError
from anomaly_stream.kafka.embedded import EmbeddedBroker

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def broker(
    port: Annotated[
        int, typer.Option(help="Port on 127.0.0.1; 0 picks a free port.", min=0, max=65535)
    ] = 9092,
) -> None:
    """Run a Kafka-compatible broker in memory until Ctrl-C or SIGTERM. Its topics are then lost.

    Example: anomaly-stream broker --port 9092
    """
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    with EmbeddedBroker(port) as embedded:
        typer.echo(f"Listening on {embedded.bootstrap_servers}; topics are in memory only. Stop with Ctrl-C.")
        code = embedded.wait()
        raise BrokerError(f"the embedded broker ended with code {code}:\n{embedded.last_output()}")


def _end(number: int, frame: FrameType | None) -> None:
    """Exit through the context manager, which stops the broker."""
    raise typer.Exit
