"""What an orchestrator asks: does the process live, can it take requests."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from conversations.models.reading import read
from conversations.turns.claims import claims


@require_safe
async def healthz(request: HttpRequest) -> HttpResponse:
    """Answer 200 while the process lives, whatever else is broken."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
async def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 when the process takes turns and the database answers.

    Else 503 and the reason.
    """
    if claims.is_draining:
        return HttpResponse("stopping", status=503, content_type="text/plain")
    try:
        await read(_ask_database)
    except DatabaseError:
        return HttpResponse("no database", status=503, content_type="text/plain")
    return HttpResponse("ready", content_type="text/plain")


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
