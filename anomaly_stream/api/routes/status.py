"""``/v1/configs/{id}/status`` and ``/v1/groups/{id}/status``: what the workers make of a config."""

from http import HTTPStatus

from fastapi import APIRouter
from pydantic import BaseModel, Field

from anomaly_stream.api.caller import CurrentCaller
from anomaly_stream.api.changes import Editor
from anomaly_stream.api.problems import described
from anomaly_stream.api.state import ApiState, State
from anomaly_stream.kafka.worker_status import ConfigStatus
from anomaly_stream.registry.config_record import ConfigRecord

router = APIRouter()


class WorkerAnswer(BaseModel):
    """One worker that holds partitions."""

    worker: str = Field(description="Its host name and process id.")
    in_force: bool = Field(description="Whether it applies the version of the config that is in force.")
    config_offset: int = Field(description="It has applied the configs topic up to this offset.")
    partitions: list[int] = Field(description="The partitions that it holds.")
    series: int = Field(description="Series that it holds under the config; of a group: instances.")


class ConfigStatusAnswer(BaseModel):
    """A config in all workers, as they last reported it, some seconds ago."""

    id: str
    version: int
    in_force: bool = Field(description="Whether all workers apply this version; false if there are none.")
    workers: list[WorkerAnswer]
    series: int = Field(description="Series held; of a group: instances.")
    learning: int = Field(description="Those of `series` that have too few values to be judged.")
    refused: int = Field(description="Series without a baseline, because of a limit such as `max_series`.")
    anomalies: int = Field(description="Anomalous values of the last 24 hours, as far as they were counted.")
    alerts: int = Field(description="Alerts opened in the same time.")
    withheld: int = Field(
        description="Alerts of the same time that were not published, because too many alerts of the owner "
        "are open (`worker.max_open_alerts`)."
    )
    alerts_per_day: float | None = Field(
        description="Alerts per day of the last 24 hours of event time; null until an hour of it is covered "
        "in each partition that has series and receives values. A partition counts anew when another worker "
        "receives it."
    )
    expected_false_alarms_per_day: float | None = Field(
        description="Alerts per day in normal times that the threshold promises, for the series that are "
        "judged, by their own steps; null while there are none."
    )
    last_error: str | None = Field(description="The last error of the config in a worker.")
    incomplete: bool = Field(
        description="True if a worker has more configs than fit into a report: this one may be missing."
    )


@router.get(
    "/configs/{config_id:id}/status",
    tags=["configs"],
    name="read_config_status",
    responses=described(HTTPStatus.NOT_FOUND),
)
def read_config_status(config_id: str, state: State, caller: CurrentCaller) -> ConfigStatusAnswer:
    """Read what the workers report: who has it in force, series held and learning, alerts per day."""
    return _answer(state, _find(state, caller, config_id, of_groups=False))


@router.get(
    "/groups/{config_id:id}/status",
    tags=["groups"],
    name="read_group_status",
    responses=described(HTTPStatus.NOT_FOUND),
)
def read_group_status(config_id: str, state: State, caller: CurrentCaller) -> ConfigStatusAnswer:
    """Read what the workers report: who has it in force, instances held, alerts per day."""
    return _answer(state, _find(state, caller, config_id, of_groups=True))


def _find(state: ApiState, caller: CurrentCaller, config_id: str, of_groups: bool) -> ConfigRecord:
    editor = Editor(state, caller, of_groups)
    return editor.find(editor.current(), config_id)


def _answer(state: ApiState, record: ConfigRecord) -> ConfigStatusAnswer:
    status = state.workers().config(record.config.id)
    workers = _workers(status, record)
    return ConfigStatusAnswer(
        id=record.config.id,
        version=record.version,
        in_force=bool(workers) and all(worker.in_force for worker in workers),
        workers=workers,
        series=status.activity.series,
        learning=status.activity.learning,
        refused=status.activity.refused,
        anomalies=status.activity.anomalies,
        alerts=status.activity.alerts,
        withheld=status.activity.withheld,
        alerts_per_day=status.alerts_per_day,
        expected_false_alarms_per_day=status.activity.false_alarms_per_day or None,
        last_error=status.activity.error or None,
        incomplete=status.incomplete,
    )


def _workers(status: ConfigStatus, record: ConfigRecord) -> list[WorkerAnswer]:
    return [
        WorkerAnswer(
            worker=one.worker,
            in_force=record.offset is not None and one.config_offset > record.offset,
            config_offset=one.config_offset,
            partitions=list(one.partitions),
            series=one.series,
        )
        for one in status.workers
    ]
