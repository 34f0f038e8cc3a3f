"""The deletion of a conversation by its owner."""

from uuid import UUID

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import aget_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from conversations.models import Conversation
from conversations.protocol.events import ConversationChanged
from conversations.turns import remote_files, runner
from conversations.turns.hub import hub, person_topic


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
async def delete(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Ask on GET; on POST take the conversation from sight and stop its turn."""
    visible = Conversation.objects.visible_to(await request.auser())
    found = await aget_object_or_404(visible, id=conversation_id)
    if request.method != "POST":
        context = {"conversation": found}
        return await sync_to_async(render)(
            request, "conversations/delete.html", context
        )
    found.deleted_at = timezone.now()
    await found.asave(update_fields=["deleted_at"])
    # Nobody will read the answer, so nobody should pay for the rest of it.
    async for turn in found.turns.live():
        await runner.cancel(turn.id)
    await remote_files.forget(found)
    changed = ConversationChanged(conversation=found.id, change="deleted")
    hub.publish(person_topic(found.owner_id), [changed])
    return redirect("conversations:home")
