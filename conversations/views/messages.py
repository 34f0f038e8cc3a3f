"""A message is posted into a conversation: what sending does without JavaScript."""

from uuid import UUID

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from conversations.forms import ComposerForm
from conversations.models import Conversation

from .pages import conversation_context, requested_page
from .starting import send_form


@require_POST
@login_required
async def post_message(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Send the form's message and show the conversation, or the form again."""
    user = await request.auser()
    assert user.is_authenticated
    visible = Conversation.objects.visible_to(user).select_related("prefix")
    conversation = await visible.filter(id=conversation_id).afirst()
    if conversation is None:
        raise Http404
    sent = await send_form(request, user, conversation.id)
    if isinstance(sent, ComposerForm):
        return await sync_to_async(_again)(request, conversation, sent)
    return redirect(conversation)


def _again(
    request: HttpRequest, conversation: Conversation, form: ComposerForm
) -> HttpResponse:
    page = requested_page(request, conversation)
    context = conversation_context(request, conversation, page, form)
    return render(request, "conversations/conversation.html", context, status=422)
