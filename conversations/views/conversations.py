"""Conversations begun and read by programs, and begun without JavaScript."""

import json
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AbstractBaseUser
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from conversations.forms import ComposerForm
from conversations.models import Conversation
from conversations.protocol.commands import CommandRejected, SendMessage, from_json
from conversations.turns.export import stored_conversation
from conversations.turns.start import start_turn

from .pages import home_context
from .starting import send_form

STATUS_OF = {
    "not_found": 404,
    "turn_running": 409,
    "request_too_large": 413,
    "server_restarting": 503,
    "database_unavailable": 503,
    "storage_full": 507,
}


@require_POST
async def create_conversation(request: HttpRequest) -> HttpResponse:
    """Begin a conversation with its first message, from JSON or from the form."""
    user = await request.auser()
    is_program = request.content_type == "application/json"
    if not user.is_authenticated:
        if is_program:
            return _error("authentication_error", "Log in first.", 401)
        return redirect(f"{reverse('account_login')}?next=/")
    return await (_from_json if is_program else _from_form)(request, user)


@require_safe
@login_required
def conversation_json(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Answer with everything that is stored of a conversation."""
    visible = Conversation.objects.visible_to(request.user).select_related("prefix")
    conversation = visible.filter(id=conversation_id).first()
    if conversation is None:
        raise Http404
    response = JsonResponse(stored_conversation(conversation))
    response["Cache-Control"] = "private, no-store"
    return response


async def _from_json(request: HttpRequest, user: AbstractBaseUser) -> HttpResponse:
    try:
        command = _send_command(request.body)
        acceptance = await start_turn(user, command)
    except CommandRejected as rejection:
        status = STATUS_OF.get(rejection.type, 400)
        return _error(rejection.type, rejection.message, status)
    accepted = acceptance.as_event()
    return JsonResponse(
        {
            "conversation": accepted.conversation,
            "message": accepted.message,
            "turn": accepted.turn,
        },
        status=201 if acceptance.is_new else 200,
        headers={"Location": acceptance.conversation.get_absolute_url()},
    )


async def _from_form(request: HttpRequest, user: AbstractBaseUser) -> HttpResponse:
    sent = await send_form(request, user, None)
    if isinstance(sent, ComposerForm):
        return await sync_to_async(_again)(request, sent)
    return redirect(sent.conversation)


def _again(request: HttpRequest, form: ComposerForm) -> HttpResponse:
    context = home_context(request, form)
    return render(request, "conversations/home.html", context, status=422)


def _send_command(body: bytes) -> SendMessage:
    """Read the body as the fields of `message.send`, always of a new conversation."""
    try:
        fields: Any = json.loads(body)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise CommandRejected("malformed_command", "Expected a JSON object.")
    place = {"type": SendMessage.name, "conversation": None, "parent": None}
    command = from_json({**fields, **place})
    assert isinstance(command, SendMessage)
    return command


def _error(kind: str, message: str, status: int) -> JsonResponse:
    return JsonResponse({"error": {"type": kind, "message": message}}, status=status)
