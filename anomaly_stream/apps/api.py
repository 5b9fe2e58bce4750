"""A process of the configuration API. Only this module builds its adapters from the settings."""

import logging
import signal
import time
from contextlib import ExitStack
from functools import partial

import uvicorn
from prometheus_client import CollectorRegistry
from starlette.middleware.trustedhost import TrustedHostMiddleware

from anomaly_stream.api.app import create_app
from anomaly_stream.api.auth.admission import Admission, RateLimit, Uses, wrong_secrets
from anomaly_stream.api.auth.oidc import JwtVerifier, KeySource
from anomaly_stream.api.auth.tokens import TokenVerifier
from anomaly_stream.api.caller import Caller
from anomaly_stream.api.history_jobs import HistoryJobs
from anomaly_stream.api.live import LiveAlerts
from anomaly_stream.api.previews import Previews
from anomaly_stream.api.server import server_of
from anomaly_stream.api.state import Admit, ApiState
from anomaly_stream.apps.recorder import recording
from anomaly_stream.errors import AnomalyStreamError, HistoryError, SettingsError
from anomaly_stream.history.database import database_url
from anomaly_stream.history.judgements import OpenAlerts
from anomaly_stream.history.queries import HistoryQueries
from anomaly_stream.kafka.admin import is_embedded
from anomaly_stream.kafka.alerts_feed import AlertsFeed
from anomaly_stream.kafka.config_topic import config_context
from anomaly_stream.kafka.config_writer import ConfigWriter, config_view
from anomaly_stream.kafka.feedback_topic import FeedbackWriter
from anomaly_stream.kafka.jobs_topic import JobsWriter, jobs_view
from anomaly_stream.kafka.silences_topic import SilencesTopic, silences_view
from anomaly_stream.kafka.status_topic import StatusBoard, status_view
from anomaly_stream.kafka.tokens_topic import note_use, tokens_view
from anomaly_stream.ops.api_metrics import ApiMetrics
from anomaly_stream.ops.health import Health, Progress
from anomaly_stream.ops.history_metrics import HistoryMetrics
from anomaly_stream.ops.http import serve
from anomaly_stream.settings import Settings
from anomaly_stream.settings.api import GroupAccess
from anomaly_stream.silences.suppression import Suppression

logger = logging.getLogger(__name__)

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_STALL_S = 60.0


def run_api(settings: Settings, insecure_no_auth: bool = False) -> None:
    """Serve the API until SIGTERM.

    Args:
        settings: of the process.
        insecure_no_auth: serve everybody as an administrator, on a loopback address only.

    Raises:
        SettingsError: the API would be open to the network, without authentication or without TLS.
        TopicError: a topic is missing.
        BrokerError: Kafka cannot be reached.
        AnomalyStreamError: the address cannot be used.
    """
    _check_exposure(settings, insecure_no_auth)
    metrics, health = ApiMetrics(CollectorRegistry()), Health(_STALL_S, works="requests are answered")
    with ExitStack() as stack:
        view = stack.enter_context(config_view(settings))
        if settings.worker.fencing == "off" or is_embedded(settings):
            logger.warning(
                "The broker has no transactions: run one API process only, because a second one could "
                "overwrite its changes"
            )
        admit = _everybody if insecure_no_auth else _admission(settings, stack)
        writer = ConfigWriter(settings, view)
        jobs = stack.enter_context(jobs_view(settings))
        silences = SilencesTopic(settings, stack.enter_context(silences_view(settings)))
        if settings.history.recorder == "api":
            stack.enter_context(recording(settings, HistoryMetrics(metrics), health, silences.all))
        history = _history(settings, stack)
        live = LiveAlerts(_feed(settings, silences, history, stack), settings.api.live_streams)
        board = StatusBoard(stack.enter_context(status_view(settings)))
        state = ApiState(
            settings,
            config_context(settings),
            writer,
            admit,
            metrics,
            previews=Previews(settings),
            jobs=HistoryJobs(settings, jobs, JobsWriter(settings)),
            series=board,
            workers=board.now,
            history=history,
            live=live,
            silences=silences,
            give_feedback=FeedbackWriter(settings).write,
        )
        port = settings.api.metrics_port
        serve(settings.metrics.host, port, metrics.registry, health, "api.metrics_port")
        health.watch(_Serving())
        app = create_app(state, health.beat)
        if (
            insecure_no_auth
        ):  # a web page whose name resolves to this host must not reach it through a browser
            app.add_middleware(TrustedHostMiddleware, allowed_hosts=_LOOPBACK)
        server = server_of(app, settings.api, live.close)
        _run(server, settings)
    logger.info("The API has stopped")


class _Serving:
    """What health reads of this process: it has no partitions."""

    ready = True

    def progress(self) -> list[Progress]:
        return []


def _run(server: uvicorn.Server, settings: Settings) -> None:
    # uvicorn stops gracefully and then raises the signal again, which must not end the process: what this
    # process holds is closed after the server.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, server.handle_exit)
    try:
        server.run()
    except SystemExit:  # uvicorn has logged why
        raise AnomalyStreamError(
            f"{settings.api.host}:{settings.api.port} cannot be served: set api.host and api.port"
        ) from None


def _check_exposure(settings: Settings, insecure_no_auth: bool) -> None:
    host = settings.api.host
    if insecure_no_auth:
        if host not in _LOOPBACK:
            raise SettingsError(
                f"--insecure-no-auth needs a loopback address, and api.host is {host}: "
                "set api.host to 127.0.0.1, or create a token with `anomaly-stream tokens create`"
            )
        logger.warning(
            "NO AUTHENTICATION: every process on this machine can read, change and delete all configs "
            "(--insecure-no-auth)"
        )
    elif host not in _LOOPBACK and settings.api.tls_cert_file is None:
        logger.warning(
            "Tokens travel unencrypted to %s: set api.tls_cert_file and api.tls_key_file, "
            "unless a proxy in front of it ends TLS",
            host,
        )


def _admission(settings: Settings, stack: ExitStack) -> Admit:
    access = settings.access
    if not access.groups:
        raise SettingsError(
            "access.groups is empty, so every token would be refused: list the platform groups, as in "
            "`access: {groups: {payments: {role: editor}}}`"
        )
    tokens = stack.enter_context(tokens_view(settings))
    by_token = TokenVerifier(
        lambda: tokens.state, access.groups, time.time, wrong_secrets(), Uses(partial(_note_use, settings))
    )
    by_jwt = None
    if access.oidc_jwks is not None:
        by_jwt = JwtVerifier(access, KeySource(access.oidc_jwks), time.time)
    return Admission(by_token, by_jwt, RateLimit(settings.api.requests_per_minute))


def _history(settings: Settings, stack: ExitStack) -> HistoryQueries | None:
    if settings.history.recorder == "off":
        return None
    queries = HistoryQueries(database_url(settings), settings.history.query_timeout_s)
    stack.callback(queries.close)
    return queries


def _feed(
    settings: Settings, silences: SilencesTopic, history: HistoryQueries | None, stack: ExitStack
) -> AlertsFeed:
    """The feed of live alerts. Inhibitions know the alerts that fire already from the history."""
    firing = OpenAlerts([], [])
    if history is not None:
        try:
            firing = history.firing()
        except HistoryError as error:
            logger.info("Live alerts begin without the alerts that fire already: %s", error)
    suppression = Suppression(*firing)
    feed = AlertsFeed(settings, lambda event, at: suppression.suppressed_by(event, at, silences.all()))
    feed.start()
    stack.callback(feed.close)
    return feed


def _note_use(settings: Settings, prefix: str, at: float) -> None:
    try:
        note_use(settings, prefix, at)
    except AnomalyStreamError as error:
        logger.warning("The use of token %s was not noted: %s", prefix, error)


def _everybody(_: str | None) -> Caller:
    return Caller("anonymous", {"": GroupAccess(role="admin")})
