"""The application: routes, errors and limits, on a given state."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute

from anomaly_stream import __version__
from anomaly_stream.api import problems
from anomaly_stream.api.caller import caller
from anomaly_stream.api.docs_page import add_docs
from anomaly_stream.api.guard import Guard
from anomaly_stream.api.openapi import openapi_of
from anomaly_stream.api.problems import described
from anomaly_stream.api.routes import PUBLIC, ROUTERS, STATUSES_OF_ALL, large_bodies
from anomaly_stream.api.state import ApiState

_DESCRIPTION = """\
Register metrics for anomaly detection. Workers follow a change within a second.

Errors are problem details (RFC 9457). A change of a config needs `If-Match` with its `ETag`.
"""


def create_app(state: ApiState, background: Callable[[], Coroutine[Any, Any, None]] | None = None) -> FastAPI:
    """The ASGI application. Every route of ``ROUTERS`` is below ``/v1`` and needs a token.

    ``background`` runs while the application does.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.ensure_future(background()) if background is not None else None
        yield
        if task is not None:
            task.cancel()
        for runner in (state.previews, state.jobs):
            if runner is not None:
                await runner.close()

    app = FastAPI(
        title="anomaly-stream",
        version=__version__,
        description=_DESCRIPTION,
        generate_unique_id_function=_operation_id,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.api = state
    problems.install(app)
    app.add_middleware(
        Guard,
        settings=state.settings.api,
        large_bodies=large_bodies(state.settings.api),
        metrics=state.metrics,
    )
    for router in PUBLIC:
        app.include_router(router)
    for router in ROUTERS:
        app.include_router(
            router, prefix="/v1", dependencies=[Depends(caller)], responses=described(*STATUSES_OF_ALL)
        )
    add_docs(app)
    app.openapi = lambda: openapi_of(app)  # type: ignore[method-assign]
    return app


def _operation_id(route: APIRoute) -> str:
    """The name of the function: stable, unlike FastAPI's own, which includes the path."""
    return route.name
