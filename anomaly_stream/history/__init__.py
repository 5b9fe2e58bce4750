"""The history: alerts, anomalies and config versions in a SQL database, written from the topics."""
