from anomaly_stream.kafka.topics import TopicNames, topic_specs
from anomaly_stream.settings import Settings, load_settings


def settings_of(kafka: str, namespace: str, **variables: str) -> Settings:
    given = {"KAFKA__BOOTSTRAP_SERVERS": kafka, "NAMESPACE": namespace, **variables}
    return load_settings(environ={f"ANOMALY_STREAM_{name}": value for name, value in given.items()})


def test_the_namespace_prefixes_every_name() -> None:
    names = TopicNames.of(settings_of("a:1", "staging", TOPICS__METRICS="flow,host"))
    assert names == TopicNames(
        app_id="staging-anomaly-stream",
        metrics=("staging-flow", "staging-host"),
        configs="staging-anomaly-configs",
        alerts="staging-anomaly-alerts",
        scores="staging-anomaly-scores",
        groups="staging-anomaly-groups",
        tokens="staging-anomaly-api-tokens",
        dead_letter="staging-anomaly-dead-letter",
        status="staging-anomaly-status",
        baselines="staging-anomaly-baselines",
        jobs="staging-anomaly-jobs",
        feedback="staging-anomaly-feedback",
        silences="staging-anomaly-silences",
        notifications="staging-anomaly-notifications",
        undelivered="staging-anomaly-undelivered",
        changelog="staging-anomaly-stream-state-changelog",
        formats={"staging-flow": "json", "staging-host": "json"},
    )


def test_two_of_three_copies_must_acknowledge() -> None:
    settings = settings_of("a:1", "", TOPICS__REPLICATION_FACTOR="3")
    assert all(spec.config()["min.insync.replicas"] == "2" for spec in topic_specs(settings))
