"""What any application needs of Kafka: topics, configs, alerts, the embedded broker."""
