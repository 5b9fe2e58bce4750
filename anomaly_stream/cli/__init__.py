"""The command line: one file a verb, put together here."""

import logging
import os
import sys
from typing import Annotated, NoReturn

import typer

from anomaly_stream import __version__
from anomaly_stream.cli import configs, topics
from anomaly_stream.cli.broker import broker
from anomaly_stream.cli.demo import demo
from anomaly_stream.cli.score import score
from anomaly_stream.cli.worker import worker
from anomaly_stream.errors import AnomalyStreamError, ConfigError, SettingsError

app = typer.Typer(
    name="anomaly-stream",
    help="Scored, explained anomalies for metrics on Kafka.",
    epilog="Example: anomaly-stream demo --duration 60",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(worker)
app.command()(score)
app.command()(demo)
app.command()(broker)
app.add_typer(configs.app, name="configs")
app.add_typer(topics.app, name="topics")


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"anomaly-stream {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Scored, explained anomalies for metrics on Kafka."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit.

    What is wrong goes to standard error, one line a fault: exit code 2 where it is in what the
    user wrote (arguments, configs, settings), 1 elsewhere, 130 on Ctrl-C.
    """
    try:
        app(args=arguments, prog_name="anomaly-stream")
    except ConfigError as error:
        _fail("\n".join(map(str, error.faults)), 2)
    except SettingsError as error:
        _fail(str(error), 2)
    except AnomalyStreamError as error:
        _fail(str(error), 1)
    except BrokenPipeError:
        # The reader has gone (`| head`): nothing is left to say, and nothing to flush at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:  # a full disk, a port that is taken
        _fail(str(error), 1)
    except KeyboardInterrupt:
        sys.exit(130)


def _fail(text: str, code: int) -> NoReturn:
    for line in text.splitlines() or [""]:
        typer.echo(f"anomaly-stream: {line}", err=True)
    # The last line says why: what asyncio reports of futures while the interpreter ends is not to follow it.
    logging.disable()
    sys.exit(code)
