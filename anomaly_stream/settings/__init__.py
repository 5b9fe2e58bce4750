"""Settings of a process, from a YAML file and the environment."""

from anomaly_stream.settings.kafka import KafkaSettings
from anomaly_stream.settings.section import Section
from anomaly_stream.settings.settings import FILE_VARIABLE, PREFIX, Settings, load_settings

__all__ = ["FILE_VARIABLE", "PREFIX", "KafkaSettings", "Section", "Settings", "load_settings"]
