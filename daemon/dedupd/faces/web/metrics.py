"""The page that Prometheus reads, `/metrics`: the last report as numbers."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dedupd.faces.outputs.prometheus import CONTENT_TYPE, render
from dedupd.faces.shapes.reports import report_fields
from dedupd.reports import Report


def metrics(report: Callable[[], Report]) -> Route:
    """Return the route; whoever may read the other pages may read it."""

    def answer(_: Request) -> Response:
        return Response(render(report_fields(report())), media_type=CONTENT_TYPE)

    return Route("/metrics", answer)
