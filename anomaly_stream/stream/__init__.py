"""Kafka and Faust: carries records in and outcomes out, and keeps the state durable."""
