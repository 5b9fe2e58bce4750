from anomaly_stream.api.tasks.messages import (
    LoadTask,
    PreviewTask,
    decode_settings,
    decode_task,
    encode,
    encode_settings,
    framed,
)
from anomaly_stream.settings import load_settings


def test_settings_reach_the_task_with_their_secrets() -> None:
    given = {
        "KAFKA__BOOTSTRAP_SERVERS": "a:1,b:2",
        "KAFKA__SECURITY_PROTOCOL": "SASL_SSL",
        "KAFKA__SASL_USERNAME": "user",
        "KAFKA__SASL_PASSWORD": "secret",
        "ACCESS__GROUPS": '{"payments": {"role": "editor", "metrics": ["checkout_"]}}',
        "DATA_DIR": "/somewhere",
    }
    settings = load_settings(environ={f"ANOMALY_STREAM_{name}": value for name, value in given.items()})
    assert b"secret" in encode_settings(settings)
    assert decode_settings(encode_settings(settings)) == settings


def test_tasks_are_told_apart() -> None:
    preview = PreviewTask(config={"metric": "m"}, limit=1, seconds=1.0, points=10)
    load = LoadTask(job_id="00", config_id="a", file=3, options={})
    assert decode_task(encode(preview)) == preview
    assert decode_task(encode(load)) == load


def test_a_frame_begins_with_its_length() -> None:
    assert framed(b"abc") == b"\0\0\0\3abc"
