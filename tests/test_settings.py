import ssl
from pathlib import Path

import pytest
from fastapi import FastAPI

from anomaly_stream.api.server import server_of
from anomaly_stream.api.tasks.messages import decode_settings, encode_settings
from anomaly_stream.apps.notifier import routing_of
from anomaly_stream.errors import SettingsError
from anomaly_stream.model import SeverityBands
from anomaly_stream.settings import Settings, load_settings


def from_environment(**variables: str) -> Settings:
    return load_settings(environ={f"ANOMALY_STREAM_{name}": value for name, value in variables.items()})


def faults(path: Path | None = None, **variables: str) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(path, {f"ANOMALY_STREAM_{name}": value for name, value in variables.items()})
    lines = str(caught.value).splitlines()
    return {field: message for field, _, message in (line.partition(": ") for line in lines)}


def test_defaults() -> None:
    settings = load_settings(environ={"PATH": "/bin"})
    assert settings.app_id == "anomaly-stream"
    assert settings.kafka.servers == ["localhost:9092"]
    assert settings.severity.bands() == SeverityBands()


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(
        "namespace: file\nkafka: {bootstrap_servers: 'a:1'}\ntopics: {partitions: 8, metrics: [x]}\n"
    )
    settings = load_settings(
        path,
        {
            "ANOMALY_STREAM_NAMESPACE": "staging",
            "ANOMALY_STREAM_TOPICS__METRICS": "flow, host",
            "ANOMALY_STREAM_WORKER__CHECKPOINT_INTERVAL_S": "2.5",
            "ANOMALY_STREAM_DATA_DIR": "",
            "ANOMALY_STREAM_SETTINGS": "elsewhere.yaml",
        },
    )
    assert settings.app_id == "staging-anomaly-stream"
    assert settings.kafka.bootstrap_servers == "a:1"
    assert settings.topics.partitions == 8
    assert [(topic.name, topic.format) for topic in settings.topics.metrics] == [
        ("flow", "json"),
        ("host", "json"),
    ]
    assert settings.worker.checkpoint_interval_s == 2.5
    assert settings.data_dir == Path("data")


def test_all_faults_at_once_by_field_or_variable(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text("topics: {partitions: 0}\nkafak: {}\nlog_level: loud\n")
    found = faults(
        path,
        KAFKA__BOOTSTRAP="x",
        NAMESPACE="a b",
        WORKER__SLICE_RECORDS="many",
        METRICS="5",
        SEVERITY__SEVERE="nan",
    )
    assert found.pop("ANOMALY_STREAM_KAFKA__BOOTSTRAP") == "unknown field; did you mean 'bootstrap_servers'?"
    assert found.pop("kafak") == "unknown field; did you mean 'kafka'?"
    assert set(found) == {
        "topics.partitions", "log_level", "ANOMALY_STREAM_NAMESPACE", "ANOMALY_STREAM_WORKER__SLICE_RECORDS",
        "ANOMALY_STREAM_METRICS", "ANOMALY_STREAM_SEVERITY__SEVERE",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("KAFKA_BOOTSTRAP_SERVERS", "ANOMALY_STREAM_KAFKA__BOOTSTRAP_SERVERS"),
        ("WORKER_MAX_SERIES", "ANOMALY_STREAM_WORKER__MAX_SERIES"),
        ("METRICS_PORT", "ANOMALY_STREAM_METRICS__PORT"),
        ("TOPICS_METRICS", "ANOMALY_STREAM_TOPICS__METRICS"),
    ],
)
def test_levels_need_two_underscores(variable: str, meant: str) -> None:
    assert faults(**{variable: "9"}) == {
        f"ANOMALY_STREAM_{variable}": f"unknown field; did you mean {meant!r}?"
    }


SERVICE = {
    "SERVICE_HOST": "10.0.0.1",
    "SERVICE_PORT": "80",
    "SERVICE_PORT_METRICS": "80",
    "PORT": "tcp://10.0.0.1:80",
    "PORT_80_TCP": "tcp://10.0.0.1:80",
    "PORT_80_TCP_PROTO": "tcp",
    "PORT_80_TCP_PORT": "80",
    "PORT_80_TCP_ADDR": "10.0.0.1",
    "METRICS_SERVICE_HOST": "10.0.0.2",
    "METRICS_PORT": "tcp://10.0.0.2:9464",
    "METRICS_PORT_9464_TCP_ADDR": "10.0.0.2",
}


def test_variables_of_a_kubernetes_service_are_ignored_with_one_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert from_environment(**SERVICE, METRICS__PORT="9999").metrics.port == 9999
    (record,) = caplog.records
    message = record.getMessage()
    assert message.startswith("Ignored 11 variables that Kubernetes sets")
    assert all(f"ANOMALY_STREAM_{name}" in message for name in SERVICE)
    assert "10.0.0" not in message


@pytest.mark.parametrize("text", ["a: [", "- a", "a: 1\na: 2", "a: 1\n---\nb: 1", "just text"])
def test_files_that_are_no_settings(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=r"settings\.yaml"):
        load_settings(path, {})


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        load_settings(tmp_path / "absent.yaml", {})


def test_an_empty_file_holds_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text("# nothing yet\n")
    assert load_settings(path, {}) == Settings()


@pytest.mark.parametrize("servers", ["", "localhost", "a:1,", "kafka://a:1", "a b:1", "a:1;b:1"])
def test_wrong_addresses(servers: str, tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(f"kafka: {{bootstrap_servers: '{servers}'}}")
    assert list(faults(path)) == ["kafka.bootstrap_servers"]


def test_several_addresses() -> None:
    assert from_environment(KAFKA__BOOTSTRAP_SERVERS="a:1, [::1]:2").kafka.servers == ["a:1", "[::1]:2"]


def test_a_password_is_never_shown() -> None:
    settings = from_environment(
        KAFKA__SECURITY_PROTOCOL="SASL_SSL", KAFKA__SASL_USERNAME="ann", KAFKA__SASL_PASSWORD="hunter2"
    )
    assert "hunter2" not in repr(settings) + str(settings) + settings.model_dump_json()
    assert "hunter2" not in repr(faults(KAFKA__SASL_PASSWORD="hunter2"))
    assert "hunter2" not in repr(faults(KAFKA__SASL_PASSWORD="hunter2", KAFKA__SASL_USER="hunter2"))


def test_sasl_over_tls_stays_sasl_over_tls() -> None:
    kafka = from_environment(
        KAFKA__SECURITY_PROTOCOL="SASL_SSL",
        KAFKA__SASL_USERNAME="ann",
        KAFKA__SASL_PASSWORD="hunter2",
        KAFKA__SASL_MECHANISM="SCRAM-SHA-512",
    ).kafka
    options = kafka.aiokafka_options()
    assert options["security_protocol"] == "SASL_SSL"
    assert options["ssl_context"].check_hostname
    assert options["ssl_context"].verify_mode is ssl.CERT_REQUIRED
    assert kafka.client_options() == {
        "bootstrap.servers": "localhost:9092",
        "security.protocol": "SASL_SSL",
        "log_level": 0,
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "ann",
        "sasl.password": "hunter2",
        "ssl.endpoint.identification.algorithm": "https",
    }


def test_a_password_file_is_read_when_it_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("first\n")
    kafka = from_environment(
        KAFKA__SECURITY_PROTOCOL="SASL_PLAINTEXT",
        KAFKA__SASL_USERNAME="ann",
        KAFKA__SASL_PASSWORD_FILE=str(path),
    ).kafka
    path.write_text("second\n")
    assert kafka.client_options()["sasl.password"] == "second"


def test_tls_without_sasl() -> None:
    kafka = from_environment(KAFKA__SECURITY_PROTOCOL="SSL", KAFKA__SSL_CHECK_HOSTNAME="false").kafka
    assert not kafka.ssl_context().check_hostname  # type: ignore[union-attr]
    assert kafka.client_options()["ssl.endpoint.identification.algorithm"] == "none"


def test_an_authority_without_a_certificate_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("-----BEGIN NOTHING-----\n")
    found = faults(KAFKA__SECURITY_PROTOCOL="SSL", KAFKA__SSL_CA_FILE=str(path))
    assert [f"ssl files cannot be used ({path})" in message for message in found.values()] == [True]


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"SASL_USERNAME": "ann"}, "need security_protocol SASL_SSL"),
        ({"SECURITY_PROTOCOL": "SSL", "SASL_PASSWORD": "x"}, "need security_protocol SASL_SSL"),
        ({"SECURITY_PROTOCOL": "SASL_SSL", "SASL_PASSWORD": "x"}, "sasl_username is required"),
        ({"SECURITY_PROTOCOL": "SASL_SSL", "SASL_USERNAME": "ann"}, "sasl_password"),
        ({"SSL_CA_FILE": __file__}, "need security_protocol SSL"),
        ({"SECURITY_PROTOCOL": "SSL", "SSL_CERT_FILE": __file__}, "must be set together"),
    ],
)
def test_security_must_be_consistent(variables: dict[str, str], message: str) -> None:
    (found,) = faults(**{f"KAFKA__{name}": value for name, value in variables.items()}).values()
    assert message in found


def test_files_must_exist() -> None:
    assert faults(KAFKA__SSL_CA_FILE="/absent.pem") == {
        "ANOMALY_STREAM_KAFKA__SSL_CA_FILE": "/absent.pem is not a file"
    }


def test_two_topics_cannot_share_a_name() -> None:
    assert "anomaly-alerts is used twice" in faults(TOPICS__METRICS="anomaly-alerts")["topics"]


def test_severe_is_not_below_moderate() -> None:
    assert faults(SEVERITY__SEVERE="50") == {"severity": "severe must be at least moderate"}


def test_formats_of_topics_are_known() -> None:
    found = faults(TOPICS__METRICS='[{"name": "a", "format": "jsno"}]')
    assert found == {"topics.metrics[0].format": "'jsno' is not a format; did you mean 'json'?"}
    assert "JSON list" in faults(TOPICS__METRICS="[a")["ANOMALY_STREAM_TOPICS__METRICS"]


def test_a_session_holds_three_heartbeats() -> None:
    assert faults(WORKER__HEARTBEAT_INTERVAL_S="5")["worker"].startswith(
        "heartbeat_interval_s (5) must be at most a third of session_timeout_s (10)"
    )
    assert from_environment(WORKER__HEARTBEAT_INTERVAL_S="5", WORKER__SESSION_TIMEOUT_S="15")


@pytest.mark.parametrize("name", ["worker 1", "worker/1", "-worker", "x" * 201])
def test_the_name_of_a_member_is_a_host_name(name: str) -> None:
    assert "ANOMALY_STREAM_WORKER__GROUP_INSTANCE_ID" in faults(WORKER__GROUP_INSTANCE_ID=name)


def test_an_address_with_a_mask_is_refused_with_its_network() -> None:
    for given, meant in (("127.0.0.1/8", "127.0.0.0/8"), ("10.0.0.0/8, fd00::1/8", "fd00::/8")):
        (message,) = faults(NOTIFY__ALLOWED_NETWORKS=given).values()
        assert message.endswith(f"is an address within a network: write {meant}")
    found = from_environment(NOTIFY__ALLOWED_NETWORKS="127.0.0.0/8, 10.1.2.3").notify.networks()
    assert [str(network) for network in found] == ["127.0.0.0/8", "10.1.2.3/32"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://u:top@secret@127.0.0.1:15432/x", "write %40 for @"),
        ("postgresql://u:to/p@127.0.0.1:15432/x", "%2F for /"),
        ("postgresql://u:p@db:5432x/hist", "a number as its port"),
    ],
)
def test_a_password_is_no_part_of_the_host(url: str, said: str) -> None:
    found = faults(HISTORY__URL=url)
    assert [said in message for message in found.values()] == [True]
    assert "secret" not in str(found)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://host/x",
        "postgresql://u@[::1]:5432/x?sslrootcert=/a@b",
        "postgresql:///x?host=/var/run",
        "postgresql://u:a%40b@h:1/x",
    ],
)
def test_urls_of_postgresql(url: str) -> None:
    history = from_environment(HISTORY__URL=url).history
    assert history.url is not None
    assert history.url.get_secret_value() == url


def test_a_group_without_prefixes_is_not_one_with_all() -> None:
    found = faults(ACCESS__GROUPS='{"b": {"role": "viewer", "metrics": []}}')
    assert ["leave it out for every metric" in message for message in found.values()] == [True]
    settings = from_environment(ACCESS__GROUPS='{"b": {"role": "viewer"}}')
    assert settings.access.groups["b"].metrics == ()
    assert decode_settings(encode_settings(settings)) == settings


def test_files_of_another_process_need_not_be_there(tmp_path: Path) -> None:
    """The private key of the API is for the hosts of the API."""
    absent = str(tmp_path / "absent")
    settings = from_environment(
        API__TLS_CERT_FILE=absent,
        API__TLS_KEY_FILE=absent,
        NOTIFY__ROUTING_FILE=absent,
        HISTORY__URL="postgresql://u@h/x",
        HISTORY__PASSWORD_FILE=absent,
    )
    with pytest.raises(SettingsError, match=r"^history.password_file: .*absent is not a file$"):
        settings.history.password()
    with pytest.raises(SettingsError, match=r"^notify.routing_file: .*absent is not a file$"):
        routing_of(settings)
    with pytest.raises(SettingsError, match=r"^api.tls_cert_file: .*absent is not a file$"):
        server_of(FastAPI(), settings.api)
