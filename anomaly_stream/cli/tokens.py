"""``anomaly-stream tokens``: tokens for the configuration API, created, listed and revoked."""

import getpass
import time
from typing import Annotated

import typer

from anomaly_stream.api.auth.tokens import new_token
from anomaly_stream.cli.moments import duration
from anomaly_stream.cli.options import SettingsFile, start_process
from anomaly_stream.cli.tables import print_table
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.kafka.tokens_topic import publish_token, revoke_token, tokens_view
from anomaly_stream.registry.faults import did_you_mean
from anomaly_stream.settings import Settings
from anomaly_stream.settings.api import Role

app = typer.Typer(
    help="Create, list and revoke tokens for the configuration API.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@app.command()
def create(
    group: Annotated[str, typer.Option(help="Platform group that the token acts for.")],
    settings: SettingsFile = None,
    role: Annotated[
        Role | None, typer.Option(help="The most that the token may do (default: what the group may).")
    ] = None,
    expires: Annotated[str, typer.Option(help="How long the token is valid, as in 90d or 12h.")] = "90d",
    note: Annotated[str, typer.Option(help="What the token is for.")] = "",
) -> None:
    """Create a token and print it. It is not shown again: only a hash of it is stored.

    Example: anomaly-stream tokens create --group payments --role editor --expires 90d
    """
    loaded = start_process(settings)
    _check_group(loaded, group)
    lifetime_s = duration(expires, "--expires")
    if lifetime_s == 0.0:
        raise typer.BadParameter("--expires must be more than 0")
    now = time.time()
    token = new_token(group, role, note, getpass.getuser(), now, now + lifetime_s)
    publish_token(loaded, token.stored)
    typer.echo(
        f"Token {token.stored.prefix} of {group}, until {_date(now + lifetime_s)}. It is not shown again:",
        err=True,
    )
    typer.echo(token.text)


@app.command("list")
def list_tokens(settings: SettingsFile = None) -> None:
    """List the tokens that are not revoked.

    Example: anomaly-stream tokens list
    """
    with tokens_view(start_process(settings)) as view:
        tokens = view.state
    if not tokens.stored:
        typer.echo("There is no token: create one with `anomaly-stream tokens create`.")
        return
    now, rows = time.time(), []
    for prefix, token in sorted(tokens.stored.items()):
        used = tokens.used.get(prefix)
        expires = _date(token.expires_at) if token.expires_at > now else "expired"
        last_use = _date(used) if used is not None else "never"
        made = _date(token.created_at), token.created_by
        rows.append((prefix, token.group, token.role or "", *made, expires, last_use, token.note))
    print_table(("prefix", "group", "role", "created", "by", "expires", "last use", "note"), rows)


@app.command()
def revoke(
    prefixes: Annotated[list[str], typer.Argument(metavar="PREFIX...", help="Prefixes of tokens.")],
    settings: SettingsFile = None,
) -> None:
    """Revoke tokens: API processes refuse them within a second.

    Example: anomaly-stream tokens revoke 3f9a0c72b1de
    """
    loaded = start_process(settings)
    with tokens_view(loaded) as view:
        known = view.state.stored
    unknown = [prefix for prefix in prefixes if prefix not in known]
    if unknown:
        raise AnomalyStreamError("\n".join(f"there is no token {prefix!r}" for prefix in unknown))
    for prefix in prefixes:
        revoke_token(loaded, prefix)
        typer.echo(f"{prefix}: revoked")


def _check_group(settings: Settings, group: str) -> None:
    if group not in settings.access.groups:
        known = settings.access.groups
        advice = did_you_mean(group, known) if known else "; none is"
        raise AnomalyStreamError(f"the group {group!r} is not in access.groups of the settings{advice}")


def _date(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%MZ", time.gmtime(seconds))
