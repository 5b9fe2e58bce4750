"""Kafka and Faust: records in, outcomes out, and durable state."""
