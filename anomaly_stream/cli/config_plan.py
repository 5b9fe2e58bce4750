"""What ``configs apply`` would change, as a list of edits and as differences for people."""

from collections.abc import Collection, Mapping, Sequence

from rich.console import Console
from rich.text import Text

from anomaly_stream.cli.config_target import Edits, InForce
from anomaly_stream.cli.config_yaml import difference
from anomaly_stream.errors import AnomalyStreamError, ConfigError, FieldFault
from anomaly_stream.registry.parsing import ParsedConfig, parse_one
from anomaly_stream.registry.validation_context import ValidationContext

_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def plan_edits(
    parsed: Sequence[ParsedConfig],
    in_force: Sequence[InForce],
    context: ValidationContext,
    keep_owner: bool,
) -> Edits:
    """The edits that put ``parsed`` in force, without those that change nothing.

    ``keep_owner``: a config that names no owner keeps the one that it has, as the API does. Raises
    ConfigError if a config without an id would replace one for another metric.
    """
    known = {one.id: one for one in in_force}
    _check_default_ids(parsed, known)
    wanted = [_with_owner(one, known, context) for one in parsed] if keep_owner else list(parsed)
    puts = [
        one for one in wanted if one.config.id not in known or known[one.config.id].document != one.document
    ]
    return Edits(puts, [], known)


def pruned(
    edits: Edits, parsed: Sequence[ParsedConfig], owners: Collection[str], in_force: Sequence[InForce]
) -> Edits:
    """``edits``, and the deletion of configs in force that are not in ``parsed`` and have one of ``owners``.

    Without ``owners`` those are the owners that the files name. A config without an owner is never pruned.
    """
    ids = {one.config.id for one in parsed}
    named = set(owners) or {
        one.config.owner or edits.based_on[one.config.id].owner
        for one in parsed
        if one.config.owner or one.config.id in edits.based_on
    }
    named.discard("")
    if not named:
        raise AnomalyStreamError(
            "--prune deletes configs of the owners that the files name, and they name none: "
            "set owner in the files, or give --owner"
        )
    deletes = [one.id for one in in_force if one.id not in ids and one.owner in named]
    return Edits(edits.puts, deletes, edits.based_on)


def show_edits(edits: Edits, console: Console) -> None:
    """Print the differences; ``console`` decides about colours."""
    for one in edits.puts:
        before = edits.based_on.get(one.config.id)
        _show(before.document if before is not None else None, one.document, one.config.id, console)
    for config_id in edits.deletes:
        _show(edits.based_on[config_id].document, None, config_id, console)


def _show(
    before: Mapping[str, object] | None, after: Mapping[str, object] | None, name: str, console: Console
) -> None:
    for line in difference(before, after, name):
        style = "bold" if line.startswith(("+++", "---")) else _STYLES.get(line[:1], "")
        console.print(Text(line, style), soft_wrap=True)


def _with_owner(
    parsed: ParsedConfig, known: Mapping[str, InForce], context: ValidationContext
) -> ParsedConfig:
    before = known.get(parsed.config.id)
    if before is None or "owner" in parsed.document or not before.owner:
        return parsed
    return parse_one({**parsed.document, "owner": before.owner}, context, "members" in parsed.document)


def _check_default_ids(parsed: Sequence[ParsedConfig], known: Mapping[str, InForce]) -> None:
    """The default ids of ``latency_*`` and ``latency_?`` are the same: neither replaces the other unasked."""
    faults = []
    for one in (each for each in parsed if each.has_default_id and each.config.id in known):
        metric, before = one.document["metric"], known[one.config.id].document.get("metric")
        if metric != before:
            message = (
                f"without an id, this config has the id {one.config.id!r} by its metric, which is in force "
                f"for {before!r}: give it an id of its own, or write id: {one.config.id} to replace that one"
            )
            faults.append(FieldFault(f"{one.place('metric')}: {one.path('metric')}", message))
    if faults:
        raise ConfigError(tuple(faults))
