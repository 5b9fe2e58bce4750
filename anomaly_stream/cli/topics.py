"""``anomaly-stream topics``: create and check the topics of the settings."""

import typer

from anomaly_stream.cli.options import SettingsFile, start_process
from anomaly_stream.kafka.topic_setup import check_topics, create_topics
from anomaly_stream.kafka.topics import topic_specs

app = typer.Typer(
    help="Create and check the topics of the settings.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@app.command()
def create(settings: SettingsFile = None) -> None:
    """Create the missing topics, then check all topics.

    Example: anomaly-stream topics create --settings settings.yaml
    """
    loaded = start_process(settings)
    created = create_topics(loaded)
    for spec in topic_specs(loaded):
        typer.echo(f"{spec.name}: {'created' if spec.name in created else 'exists'}")
    check_topics(loaded)


@app.command()
def check(settings: SettingsFile = None) -> None:
    """Check that all topics exist with the right numbers of partitions and copies, and compaction.

    Example: anomaly-stream topics check
    """
    loaded = start_process(settings)
    check_topics(loaded)
    typer.echo(f"All {len(topic_specs(loaded))} topics have the required configuration.")
