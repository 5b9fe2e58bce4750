"""A config in force as ``configs list`` shows it."""

from anomaly_stream.cli.config_target import InForce
from anomaly_stream.model.group import GroupConfig
from anomaly_stream.registry.parsing import parse_one
from anomaly_stream.registry.validation_context import ValidationContext

HEADINGS = ("id", "metric", "match", "owner", "version", "author", "updated")


def summary(one: InForce) -> dict[str, object]:
    """A line of ``configs list --json``."""
    return {
        "version": one.version,
        "author": one.author,
        "updated_at_ms": round(one.updated_at_s * 1000),
        "config": one.document,
    }


def row(one: InForce, context: ValidationContext) -> tuple[str, ...]:
    """A row of the table, below `HEADINGS`."""
    config = parse_one(dict(one.document), context, "members" in one.document).config
    if isinstance(config, GroupConfig):
        metric = ", ".join(member.metric for member in config.members)
        match = f"by {', '.join(config.by)}" if config.by else ""
    else:
        metric = config.metric
        match = ", ".join(f"{matcher.name}{matcher.op}{matcher.value}" for matcher in config.matchers)
    return config.id, metric, match, config.owner, str(one.version), one.author, one.updated
