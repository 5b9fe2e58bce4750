"""anomaly_stream: scored, explained anomalies for metrics on Kafka.

Reading order for a newcomer:

1. :mod:`anomaly_stream.model`: the domain types (observation, series, config, outcome, alert).
2. :mod:`anomaly_stream.engine`: ``step`` decides, from configs and observations alone.
3. :mod:`anomaly_stream.formats`: bytes to observations, outcomes to bytes.
4. :mod:`anomaly_stream.stream`: records from Kafka through Faust, output to Kafka, durable state.
5. :mod:`anomaly_stream.cli`: the command line, one file per verb.
"""

__version__ = "0.1.0"
