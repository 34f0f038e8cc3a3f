"""The compaction of a conversation: begun and stopped by its owner."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import aget_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from conversations.models import Compaction, Conversation
from conversations.protocol.commands import CommandRejected
from conversations.turns.compacting import compactor
from conversations.turns.objects import compaction_object
from conversations.turns.writer import writer

STATUS_OF = {"not_found": 404, "server_restarting": 503, "nothing_to_compact": 409}


@require_POST
@login_required
async def compact(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Begin to compact a branch: 202 for a script, the conversation for a form."""
    user = await request.auser()
    assert isinstance(user, AbstractBaseUser)
    visible = Conversation.objects.visible_to(user)
    found = await aget_object_or_404(visible, id=conversation_id)
    try:
        row = await compactor.start(
            user,
            found.id,
            leaf=_leaf(request.POST.get("leaf", "")),
            instructions=request.POST.get("instructions", ""),
        )
    except CommandRejected as rejection:
        return _refuse(request, found, rejection)
    if _is_script(request):
        return JsonResponse({"compaction": compaction_object(row)}, status=202)
    return redirect(found)


@require_POST
@login_required
async def compact_itself(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Choose whether a conversation is compacted before the window is full."""
    visible = Conversation.objects.visible_to(await request.auser())
    found = await aget_object_or_404(visible, id=conversation_id)
    is_on = request.POST.get("is_on") == "1"
    chosen = Conversation.objects.filter(id=found.id)
    await writer.do(lambda: chosen.update(compacts_itself=is_on))
    if _is_script(request):
        return HttpResponse(status=204)
    return redirect(found)


@require_POST
@login_required
async def cancel(
    request: HttpRequest, conversation_id: UUID, compaction_id: UUID
) -> HttpResponse:
    """Stop a compaction; one that has ended stays as it is."""
    visible = Compaction.objects.visible_to(await request.auser())
    row = await aget_object_or_404(
        visible, id=compaction_id, conversation=conversation_id
    )
    await compactor.cancel(row.id)
    if _is_script(request):
        return HttpResponse(status=204)
    return redirect("conversations:conversation", conversation_id)


def _refuse(
    request: HttpRequest, found: Conversation, rejection: CommandRejected
) -> HttpResponse:
    status = STATUS_OF.get(rejection.type, 400)
    if _is_script(request):
        error = {"type": rejection.type, "message": rejection.message}
        return JsonResponse({"error": error}, status=status)
    context = {"conversation": found, "message": rejection.message}
    return render(request, "conversations/not_compacted.html", context, status=status)


def _leaf(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise CommandRejected(
            "not_found", "There is no such message to compact to."
        ) from None


def _is_script(request: HttpRequest) -> bool:
    """Say whether our JavaScript asks: it accepts JSON, a plain form wants a page."""
    return not request.accepts("text/html")
