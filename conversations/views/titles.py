"""A conversation's title and tags, given by its owner."""

from uuid import UUID

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import aget_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from conversations.forms import RenameForm
from conversations.models import Conversation
from conversations.protocol.events import ConversationRenamed
from conversations.turns.hub import hub, person_topic


@require_POST
@login_required
async def rename(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Store title and tags, and tell all tabs; a script gets 204, a form the page.

    Without the field `tags` they stay as they are.
    """
    visible = Conversation.objects.visible_to(await request.auser())
    found = await aget_object_or_404(visible, id=conversation_id)
    form = RenameForm(request.POST)
    if not form.is_valid():
        return await sync_to_async(_refuse)(request, found, form)
    found.title = form.cleaned_data["title"]
    if "tags" in form.data:
        found.tags = form.cleaned_data["tags"]
    # A running turn writes other columns of this row.
    await found.asave(update_fields=["title", "tags"])
    renamed = ConversationRenamed(
        conversation=found.id, title=found.title, tags=found.tags
    )
    hub.publish(person_topic(found.owner_id), [renamed])
    return HttpResponse(status=204) if _is_script(request) else redirect(found)


def _refuse(
    request: HttpRequest, found: Conversation, form: RenameForm
) -> HttpResponse:
    if _is_script(request):
        [(name, errors), *_] = form.errors.items()
        message = " ".join(str(error) for error in errors)
        error = {"type": f"invalid_{name}", "message": message}
        return JsonResponse({"error": error}, status=400)
    context = {"form": form, "conversation": found}
    return render(request, "conversations/rename.html", context, status=422)


def _is_script(request: HttpRequest) -> bool:
    """Say whether our JavaScript asks: it accepts JSON, a plain form wants a page."""
    return not request.accepts("text/html")
