"""What any application needs of Kafka: topics, configs, admin client, the embedded broker."""
