"""The worker on Kafka and Faust: it reads records, publishes outcomes, and keeps durable state."""
