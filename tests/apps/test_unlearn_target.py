"""An alert that names nothing that a baseline could lose: one that is not on values, or another config's."""

from io import BytesIO

import pytest

from anomaly_stream.api.tasks.messages import Failure, LoadTask, Task, UnlearnTask
from anomaly_stream.apps import api_task, load_history, unlearn_target
from anomaly_stream.apps.unlearn_target import target_of_alert
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.kafka.past_alerts import NoSuchAlertError, PastAlert
from anomaly_stream.settings import Settings
from tests.api.world import World
from tests.history.messages import alert_event


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("condition", ["no_data", "overflow"])
def test_it_is_refused_with_the_cure(monkeypatch: pytest.MonkeyPatch, condition: str, before: bool) -> None:
    events = [alert_event("a", status, condition=condition) for status in ("firing", "resolved")]
    monkeypatch.setattr(unlearn_target, "find_alert", lambda *_: PastAlert("f", events, 0, 0))
    with pytest.raises(
        AnomalyStreamError, match=r"alert a is on .*: name the config, the series and the range"
    ):
        target_of_alert(Settings(), "a", before)


def test_an_alert_of_another_config_is_one_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a job of the API says must tell nothing of other groups."""
    events = [alert_event("a", config_id="secret")]
    monkeypatch.setattr(unlearn_target, "find_alert", lambda *_: PastAlert("f", events, 0, 0))
    with pytest.raises(NoSuchAlertError, match="no event of alert a is on topic"):
        target_of_alert(Settings(), "a", config_id="flow")


@pytest.mark.parametrize(
    "task",
    [
        UnlearnTask(job_id="0" * 32, config_id="gone", author="ann", begin=0.0, end=1.0, learn_from=0.0),
        LoadTask(job_id="0" * 32, config_id="gone", file=0, options={"format": "json"}),
    ],
)
def test_a_job_on_a_config_that_was_deleted_names_no_other(
    monkeypatch: pytest.MonkeyPatch, task: Task
) -> None:
    world = World()
    world.create(id="secret")
    monkeypatch.setattr(load_history, "read_configs", lambda _: world.store.registry)
    assert api_task._reply(Settings(), task, BytesIO()) == Failure("config 'gone' was deleted")
