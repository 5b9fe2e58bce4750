"""Health, for supervisors and load balancers."""

from http import HTTPStatus
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from anomaly_stream.api.problems import described
from anomaly_stream.api.state import State

router = APIRouter(tags=["health"])


class Status(BaseModel):
    """The process can do its work."""

    status: Literal["ok"] = "ok"


@router.get("/livez")
def livez() -> Status:
    """Whether the process answers."""
    return Status()


@router.get("/readyz", responses=described(HTTPStatus.SERVICE_UNAVAILABLE))
def readyz(state: State) -> Status:
    """Whether the process reads the configs topic: a load balancer sends requests to it then."""
    state.store.current()
    return Status()
