"""``anomaly-stream configs``: what is watched, on the topics or through the API."""

import sys
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console

from anomaly_stream.cli.api_options import TokenFile
from anomaly_stream.cli.config_files import expanded, parse_files
from anomaly_stream.cli.config_list import HEADINGS, row, summary
from anomaly_stream.cli.config_options import Api, Author, Files, Id, MoreFiles, Reason
from anomaly_stream.cli.config_plan import plan_edits, pruned, show_edits
from anomaly_stream.cli.config_target import Edits, api_target, check_known, open_target
from anomaly_stream.cli.config_yaml import to_yaml
from anomaly_stream.cli.options import SettingsFile, start_process
from anomaly_stream.cli.tables import print_table
from anomaly_stream.cli.unlearn import unlearn
from anomaly_stream.kafka.config_topic import config_context

app = typer.Typer(
    help="Validate, apply, list, export and delete configs.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@app.command()
def validate(
    files: Files = None,
    more: MoreFiles = None,
    settings: SettingsFile = None,
    api: Api = None,
    token_file: TokenFile = None,
) -> None:
    """List every fault in the configs of each file; without --api, needs neither Kafka nor the API.

    Example: anomaly-stream configs validate configs/flow.yaml
    """
    paths = expanded([*(files or ()), *(more or ())])
    context = config_context(start_process(settings))
    configs = parse_files(paths, context)
    if api is not None:
        with api_target()(context, api, token_file, reason="") as target:
            target.validate(configs)
    for name, parsed in configs:
        typer.echo(f"{name}: {parsed.config.id} is valid")


@app.command()
def apply(
    files: Files = None,
    more: MoreFiles = None,
    prune: Annotated[
        bool,
        typer.Option(
            "--prune", help="Delete the configs of the same owners that the files do not have. "
            "A config without an owner is never deleted."
        ),
    ] = False,
    owner: Annotated[
        list[str] | None,
        typer.Option(help="Owner for --prune, in place of those in the files; may be given several times."),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Print the differences and change nothing; exit with 2 if there are any."
        ),
    ] = False,
    settings: SettingsFile = None,
    api: Api = None,
    token_file: TokenFile = None,
    author: Author = "",
    reason: Reason = "",
) -> None:  # fmt: skip
    """Apply configs; running workers follow within a second. Nothing is applied if one has a fault.

    Example: anomaly-stream configs apply -f configs --prune --dry-run
    """
    paths = expanded([*(files or ()), *(more or ())])
    context = config_context(start_process(settings))
    parsed = [config for _, config in parse_files(paths, context)]
    with open_target(settings, api, token_file, author, reason) as target:
        in_force = target.in_force()
        edits = plan_edits(parsed, in_force, target.context, keep_owner=api is not None)
        if prune:
            edits = pruned(edits, parsed, owner or (), in_force)
        if dry_run:
            show_edits(edits, Console(highlight=False))
            sys.exit(2 if edits.puts or edits.deletes else 0)
        changed = target.apply(edits)
    for config_id in (config.config.id for config in parsed):
        version = changed.get(config_id)
        done = "created" if config_id not in edits.based_on else "updated"
        typer.echo(f"{config_id}: {f'{done}, version {version}' if version is not None else 'unchanged'}")
    for config_id in edits.deletes:
        typer.echo(f"{config_id}: deleted")


@app.command("list")
def list_configs(
    settings: SettingsFile = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON line per config, as it was written.")
    ] = False,
    api: Api = None,
    token_file: TokenFile = None,
) -> None:
    """List the configs in force.

    Example: anomaly-stream configs list --json
    """
    with open_target(settings, api, token_file) as target:
        configs, refused, context = target.in_force(), target.refused(), target.context
    for config_id, error in refused.items():
        typer.echo(
            f"anomaly-stream: config {config_id!r} on the topic is refused: {error}: apply a corrected "
            f"config, or run `anomaly-stream configs delete {config_id}`",
            err=True,
        )
    if as_json:
        for one in configs:
            typer.echo(orjson.dumps(summary(one)))
        return
    if not configs:
        typer.echo("No config is in force: write one and run `anomaly-stream configs apply FILE`.")
        return
    print_table(HEADINGS, (row(one, context) for one in configs))


@app.command()
def get(config_id: Id, settings: SettingsFile = None, api: Api = None, token_file: TokenFile = None) -> None:
    """Print a config as YAML, as it was written.

    Example: anomaly-stream configs get flow
    """
    with open_target(settings, api, token_file) as target:
        known = {one.id: one for one in target.in_force()}
    check_known([config_id], known)
    typer.echo(to_yaml(known[config_id].document), nl=False)


@app.command()
def export(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Directory for a file per config.")],
    owner: Annotated[str | None, typer.Option(help="Configs of this owner only.")] = None,
    settings: SettingsFile = None,
    api: Api = None,
    token_file: TokenFile = None,
) -> None:
    """Write every config in force to ID.yaml. `configs apply` of the directory then changes nothing.

    Example: anomaly-stream configs export configs
    """
    with open_target(settings, api, token_file) as target:
        configs = [one for one in target.in_force() if owner is None or one.owner == owner]
    directory.mkdir(parents=True, exist_ok=True)
    for one in configs:
        path = directory / f"{one.id}.yaml"
        path.write_text(to_yaml(one.document), encoding="utf-8")
        typer.echo(f"{path}: version {one.version}")


@app.command()
def delete(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of configs in force.")],
    settings: SettingsFile = None,
    api: Api = None,
    token_file: TokenFile = None,
    author: Author = "",
) -> None:
    """Delete configs, with their baselines and open alerts.

    Example: anomaly-stream configs delete flow
    """
    with open_target(settings, api, token_file, author) as target:
        target.apply(Edits([], ids, {one.id: one for one in target.in_force()}))
    for config_id in ids:
        typer.echo(f"{config_id}: deleted")


@app.command()
def versions(
    config_id: Id, settings: SettingsFile = None, api: Api = None, token_file: TokenFile = None
) -> None:
    """List the versions of a config that are kept: who made which change, when and why.

    Example: anomaly-stream configs versions flow
    """
    with open_target(settings, api, token_file) as target:
        found = target.versions(config_id)
    rows = []
    for number, one in enumerate(found):
        before = found[number + 1].document if number + 1 < len(found) else {}
        fields = sorted({*before, *one.document})
        changed = [name for name in fields if before.get(name) != one.document.get(name)] if before else []
        rows.append((str(one.version), one.author, one.updated, one.reason, ", ".join(changed)))
    print_table(("version", "author", "updated", "reason", "changed fields"), rows)


@app.command()
def rollback(
    config_id: Id,
    version: Annotated[int, typer.Argument(metavar="VERSION", help="The version to put in force again.")],
    settings: SettingsFile = None,
    api: Api = None,
    token_file: TokenFile = None,
    author: Author = "",
    reason: Reason = "",
) -> None:
    """Put an earlier version of a config in force again, as a new version.

    Example: anomaly-stream configs rollback flow 3
    """
    why = reason or f"rollback to version {version}"
    with open_target(settings, api, token_file, author, why) as target:
        typer.echo(f"{config_id}: version {target.rollback(config_id, version)}")


@app.command()
def status(
    config_id: Id, settings: SettingsFile = None, api: Api = None, token_file: TokenFile = None
) -> None:
    """Print what the workers report of a config, as JSON: series held and learning, alerts, errors.

    Example: anomaly-stream configs status flow
    """
    with open_target(settings, api, token_file) as target:
        typer.echo(orjson.dumps(target.status(config_id), option=orjson.OPT_INDENT_2))


app.command()(unlearn)
