"""``anomaly-stream jobs``: what is loaded, un-learned and proposed, and how that ended."""

from typing import Annotated

import msgspec
import typer

from anomaly_stream.cli.api_options import TokenFile, Url, client_of
from anomaly_stream.client import Job
from anomaly_stream.errors import AnomalyStreamError

app = typer.Typer(
    help="Show how far a job of the API is: a loaded history, an un-learning, a tuning.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@app.callback()
def _jobs() -> None:
    """Keep ``show`` a command of its own while it is the only one."""


@app.command()
def show(
    job_id: Annotated[str, typer.Argument(metavar="JOB_ID", help="`id` of the job.")],
    api: Url,
    token_file: TokenFile = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the job has ended.")] = False,
) -> None:
    """Print a job as JSON; exit with 1, and say why, if it failed or is lost.

    Example: anomaly-stream jobs show 0d6f1e6a9b3d47f28c1a0b9d8e7f6a5b --wait
    """
    with client_of(api, token_file) as client:
        job = client.wait_for(job_id) if wait else client.job(job_id)
    typer.echo(msgspec.json.format(msgspec.json.encode(job)))
    check_job(job)


def check_job(job: Job) -> None:
    """Raise AnomalyStreamError, with the reason, if a job failed or is lost."""
    if job.state == "failed":
        raise AnomalyStreamError(f"job {job.id} of config {job.config_id} failed: {job.error}")
    if job.state == "lost":
        raise AnomalyStreamError(
            f"job {job.id} of config {job.config_id} is lost, because its server ended: start it again"
        )
