"""One address, one view for each method."""

from collections.abc import Callable, Coroutine
from typing import Any, cast

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

type AsyncView = Callable[..., Coroutine[Any, Any, HttpResponse]]
type View = Callable[..., HttpResponse] | AsyncView


def by_method(**views: View) -> AsyncView:
    """Return a view that calls the one named for the request's method.

    A turn outlives the request that starts it, so POST views run in the server's own
    loop; the pages read the database and run in a thread.
    """

    async def dispatch(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        method = "GET" if request.method == "HEAD" else request.method
        view = views.get(method or "")
        if view is None:
            return HttpResponseNotAllowed(views)
        if iscoroutinefunction(view):
            return await cast("AsyncView", view)(request, **kwargs)
        in_thread = sync_to_async(cast("Callable[..., HttpResponse]", view))
        return await in_thread(request, **kwargs)

    return dispatch
