"""``anomaly-stream worker``: score what arrives on Kafka."""

from anomaly_stream.cli.options import SettingsFile
from anomaly_stream.settings import load_settings


def worker(settings: SettingsFile = None) -> None:
    """Score observations from the metrics topics until SIGTERM; more workers share the partitions.

    Example: anomaly-stream worker --settings settings.yaml
    """
    loaded = load_settings(settings)
    from anomaly_stream.apps.worker import run_worker  # slow to import, and only this verb needs it

    run_worker(loaded)
