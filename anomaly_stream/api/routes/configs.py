"""``/v1/configs``: the configs of single metrics."""

from typing import Any

from fastapi import APIRouter

from anomaly_stream.api.caller import CurrentCaller
from anomaly_stream.api.state import State

router = APIRouter(prefix="/configs", tags=["configs"])


@router.get("")
def list_configs(state: State, caller: CurrentCaller) -> list[dict[str, Any]]:
    """List the configs that the caller may see."""
    return [
        {"id": record.config.id, "version": record.version, "config": record.document}
        for record in state.store.current()
        if caller.may_read(record.config.owner)
    ]
