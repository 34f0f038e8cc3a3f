"""What a turn has sent to Claude and got back, for the conversation's owner."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from conversations.inspection.requests import requests_of
from conversations.models import Turn
from conversations.upstream import is_simulated


@require_safe
@login_required
def requests(
    request: HttpRequest, conversation_id: UUID, turn_id: UUID
) -> HttpResponse:
    """Show each request of a turn with its answer, its times and its cache."""
    turn = _turn(request, conversation_id, turn_id)
    context = {
        "turn": turn,
        "requests": requests_of(turn),
        "is_simulated": is_simulated(),
    }
    return render(request, "conversations/inspector.html", context)


@require_safe
@login_required
def request_file(
    request: HttpRequest, conversation_id: UUID, turn_id: UUID, number: int, name: str
) -> HttpResponse:
    """Answer one text of the turn's request `number`, counted from 1, as a file."""
    found = requests_of(_turn(request, conversation_id, turn_id))
    if not 1 <= number <= len(found):
        raise Http404
    for text in found[number - 1].texts:
        if text.name == name:
            return _download(text.whole, name)
    raise Http404


def _turn(request: HttpRequest, conversation_id: UUID, turn_id: UUID) -> Turn:
    visible = Turn.objects.visible_to(request.user).select_related("conversation")
    return get_object_or_404(visible, conversation_id=conversation_id, id=turn_id)


def _download(text: str, name: str) -> HttpResponse:
    return HttpResponse(
        text,
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
