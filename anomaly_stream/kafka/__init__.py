"""Kafka for any application: topics, configs, alerts, and the embedded broker."""
