"""Faults of pydantic as users read them: each where it is, and none that another one causes."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, ValidationError

from anomaly_stream.registry.faults import field_faults


def _refused(text: str) -> str:
    raise ValueError(f"{text} is refused")


class Model(BaseModel):
    numbers: tuple[int, ...] = Field(default=(), min_length=1)
    names: dict[Annotated[str, AfterValidator(_refused)], int] = {}


def faults_of(document: object) -> list[str]:
    try:
        Model.model_validate(document)
    except ValidationError as error:
        return [str(fault) for fault in field_faults(error, Model)]
    return []


def test_a_list_with_a_faulty_element_is_not_called_empty() -> None:
    assert [each.partition(":")[0] for each in faults_of({"numbers": [1, "x"]})] == ["numbers[1]"]
    assert faults_of({"numbers": []}) == ["numbers: must have at least 1 item, not 0"]


def test_a_mapping_in_place_of_a_list_is_said_in_plain_words() -> None:
    assert faults_of({"numbers": {"a": 1}}) == ["numbers: must be a list"]


def test_a_faulty_key_is_at_its_entry() -> None:
    assert faults_of({"names": {"host": 1}}) == ["names.host: host is refused"]
