"""The application: routes, errors and limits, on a given state."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute

from anomaly_stream import __version__
from anomaly_stream.api import problems
from anomaly_stream.api.caller import caller
from anomaly_stream.api.openapi import openapi_of
from anomaly_stream.api.problems import described
from anomaly_stream.api.routes import PUBLIC, ROUTERS, STATUSES_OF_ALL
from anomaly_stream.api.state import ApiState

_DESCRIPTION = """\
Register metrics for anomaly detection. Workers follow a change within a second.

Errors are problem details (RFC 9457). A change of a config needs `If-Match` with its `ETag`.
"""


def create_app(state: ApiState) -> FastAPI:
    """The ASGI application. Every route of ``ROUTERS`` is below ``/v1`` and needs a token."""
    app = FastAPI(
        title="anomaly-stream",
        version=__version__,
        description=_DESCRIPTION,
        generate_unique_id_function=_operation_id,
        redoc_url=None,
    )
    app.state.api = state
    app.router.lifespan_context = _lifespan
    problems.install(app)
    for router in PUBLIC:
        app.include_router(router)
    for router in ROUTERS:
        app.include_router(
            router, prefix="/v1", dependencies=[Depends(caller)], responses=described(*STATUSES_OF_ALL)
        )
    app.openapi = lambda: openapi_of(app)  # type: ignore[method-assign]
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """End previews and jobs with the server."""
    yield
    state: ApiState = app.state.api
    for runner in (state.previews, state.jobs):
        if runner is not None:
            await runner.close()


def _operation_id(route: APIRoute) -> str:
    """The name of the function: stable, unlike FastAPI's own, which includes the path."""
    return route.name
