"""``anomaly-stream alerts feedback``: what people say of an alert, and what follows from it."""

from typing import Annotated

import typer

from anomaly_stream.alerts.wording import plural
from anomaly_stream.cli.api_options import TokenFile, Url, client_of, print_warning
from anomaly_stream.cli.jobs import check_job
from anomaly_stream.client import Client, Job
from anomaly_stream.model.feedback import Judgement

AlertId = Annotated[str, typer.Argument(metavar="ALERT_ID", help="`alert_id` of the alert.")]


def feedback(
    alert_id: AlertId,
    judgement: Annotated[
        Judgement,
        typer.Argument(
            help="true_alarm: somebody had to know. false_alarm: nothing had happened. expected_change: the "
            "values did change, and this was planned or known."
        ),
    ],
    api: Url,
    token_file: TokenFile = None,
    note: Annotated[str, typer.Option(help="Why, for people.")] = "",
    teach: Annotated[
        bool,
        typer.Option(
            "--teach",
            help="With false_alarm: such a deviation is known. The series opens no alert for one like it, on "
            "the same side of the expected value, any more.",
        ),
    ] = False,
    adopt: Annotated[
        bool,
        typer.Option(
            "--adopt",
            help="With expected_change: what the alert reported is the new normal. The series forgets all "
            "values before the alert.",
        ),
    ] = False,
    wait: Annotated[
        bool,
        typer.Option(
            "--wait/--no-wait",
            help="With --adopt: wait until the series is learned again, and exit with 1 if that fails.",
        ),
    ] = True,
) -> None:
    """Say whether an alert was right. It replaces earlier feedback on the alert.

    true_alarm takes back what false_alarm with --teach said of the side of the expected value that it is on;
    any other feedback takes back what false_alarm with --teach said on the same alert.

    Example: anomaly-stream alerts feedback 5f0c1e6a9b3d47f28c1a0b9d8e7f6a5b false_alarm --note "a deployment"
    """
    if teach and judgement != "false_alarm":
        raise typer.BadParameter("--teach goes with false_alarm")
    if adopt and judgement != "expected_change":
        raise typer.BadParameter("--adopt goes with expected_change")
    with client_of(api, token_file) as client:
        job = None
        if adopt:  # what is refused, is so before its feedback is given
            config_id = client.alerts.get(alert_id).alert.config_id
            job = client.configs.unlearn(config_id, {"before_alert_id": alert_id})
            typer.echo(f"{config_id}: learns the series again from the values since, job {job.id}")
        given = client.alerts.give_feedback(alert_id, judgement, note, teach=teach)
        typer.echo(f"{given.alert_id}: {given.judgement}, by {given.author}")
        if teach:
            typer.echo(f"{given.config_id}: a deviation like this opens no alert of the series any more")
        if given.taken_back is not None:
            typer.echo(
                f"{given.config_id}: deviations {given.taken_back} the expected value open alerts of the "
                "series again: what false_alarm with --teach said of them is taken back"
            )
        if job is not None and wait:
            _wait_for(client, job)


def _wait_for(client: Client, job: Job) -> None:
    """Wait for the job of ``--adopt``. Raises AnomalyStreamError if it fails."""
    typer.echo(
        f"waiting for job {job.id}: it goes on after Ctrl-C, and `jobs show {job.id}` has its end", err=True
    )
    ended = client.wait_for(job.id)
    for warning in ended.warnings:
        print_warning(warning)
    check_job(ended)
    typer.echo(f"{ended.config_id}: {plural(ended.baselines, 'baseline')} learned again")
