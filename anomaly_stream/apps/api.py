"""A process of the configuration API. Only this module builds its adapters from the settings."""

import uvicorn

from anomaly_stream.api.app import create_app
from anomaly_stream.api.caller import Caller
from anomaly_stream.api.history_jobs import HistoryJobs
from anomaly_stream.api.previews import Previews
from anomaly_stream.api.state import ApiState
from anomaly_stream.errors import SettingsError
from anomaly_stream.kafka.config_topic import config_context
from anomaly_stream.kafka.config_writer import ConfigWriter, config_view
from anomaly_stream.kafka.jobs_topic import JobsWriter, jobs_view
from anomaly_stream.settings import Settings
from anomaly_stream.settings.api import GroupAccess

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def run_api(settings: Settings, insecure_no_auth: bool = False) -> None:
    """Serve the API until SIGTERM.

    Args:
        settings: of the process.
        insecure_no_auth: serve everybody as an administrator, on a loopback address only.

    Raises:
        SettingsError: the API would be open to the network without authentication.
        TopicError: a topic is missing.
        BrokerError: Kafka cannot be reached.
    """
    if insecure_no_auth and settings.api.host not in _LOOPBACK:
        raise SettingsError(
            f"--insecure-no-auth needs a loopback address, and api.host is {settings.api.host}: "
            "set api.host to 127.0.0.1, or create a token with `anomaly-stream tokens create`"
        )
    with config_view(settings) as view, jobs_view(settings) as jobs:
        state = ApiState(
            settings,
            config_context(settings),
            ConfigWriter(settings, view),
            _everybody,
            previews=Previews(settings),
            jobs=HistoryJobs(settings, jobs, JobsWriter(settings)),
        )
        uvicorn.run(
            create_app(state),
            host=settings.api.host,
            port=settings.api.port,
            log_config=None,
            access_log=False,
            server_header=False,
        )


def _everybody(_: str | None) -> Caller:
    return Caller("anonymous", {"everybody": GroupAccess(role="admin")})
