"""Tokens by the command line, on a broker."""

import json

import pytest

from anomaly_stream.api.auth.tokens import TokenVerifier
from anomaly_stream.api.problems import ProblemError
from anomaly_stream.kafka.tokens_topic import note_use, tokens_view
from anomaly_stream.kafka.topic_setup import create_topics
from anomaly_stream.settings import load_settings
from tests.cli.test_configs import run


def test_a_token_is_created_used_and_revoked(
    capsys: pytest.CaptureFixture[str], kafka: str, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANOMALY_STREAM_KAFKA__BOOTSTRAP_SERVERS", kafka)
    monkeypatch.setenv("ANOMALY_STREAM_NAMESPACE", namespace)
    monkeypatch.setenv("ANOMALY_STREAM_ACCESS__GROUPS", json.dumps({"payments": {"role": "editor"}}))
    settings = load_settings()
    create_topics(settings)
    assert "There is no token" in run(capsys, "tokens", "list")[1]
    code, _, err = run(capsys, "tokens", "create", "--group", "paymens")
    assert (code, "did you mean 'payments'?" in err) == (1, True)
    assert run(capsys, "tokens", "create", "--group", "payments", "--expires", "soon")[0] == 2
    code, _, err = run(capsys, "tokens", "create", "--group", "payments", "--expires", "90")
    assert (code, "write 90s for seconds" in err) == (2, True)
    assert run(capsys, "tokens", "create", "--group", "payments", "--expires", "0s")[0] == 2
    code, out, err = run(
        capsys, "tokens", "create", "--group", "payments", "--role", "viewer", "--note", "ci"
    )
    assert (code, "not shown again" in err) == (0, True)
    token = out.strip()
    prefix = token.split("_")[1]
    with tokens_view(settings) as view:
        verify = TokenVerifier(
            view.current, settings.access.groups, lambda: 1.0, lambda _: True,
            lambda used, _: note_use(settings, used, 1.0),
        )  # fmt: skip
        caller = verify(token)
        assert (caller.id, caller.groups["payments"].role) == (f"token:{prefix}", "viewer")
        listed = run(capsys, "tokens", "list")[1]
        assert prefix in listed
        assert "1970-01-01" in listed
        secret = token.rpartition("_")[2]
        assert secret not in str(view.current())
        assert run(capsys, "tokens", "revoke", "nonsense")[0] == 1
        assert run(capsys, "tokens", "revoke", prefix)[0] == 0
        with pytest.raises(ProblemError):
            verify(token)
        assert prefix not in view.current().used
