"""Files that Claude's code made come to the person of the conversation."""

from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.shortcuts import aget_object_or_404, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from conversations.attachments.serving import HEADERS
from conversations.catalog import client_for
from conversations.claude import ClaudeClient, ClaudeError, NotFound
from conversations.claude.files import get_file, open_content, read_content
from conversations.models import Message, Role
from conversations.rendering.server_tools import file_ids

DEFAULT_MEDIA_TYPE = "application/octet-stream"
RESULTS = ("code_execution_tool_result", "bash_code_execution_tool_result")


@require_GET
@login_required
async def code_file(
    request: HttpRequest, message_id: UUID, call_id: str, number: int
) -> HttpResponseBase:
    """Answer with a file that a call in the conversation of a message has made.

    The browser names the call and counts its files from 1. Which file of the API that
    is, only the stored result knows: the API would give any file of the workspace.
    """
    visible = Message.objects.visible_to(await request.auser())
    message = await aget_object_or_404(visible.only("conversation_id"), id=message_id)
    file_id, model = await _file_of(message.conversation_id, call_id, number)
    try:
        return await _download(await client_for(model), file_id)
    except ClaudeError as error:
        return await sync_to_async(_refused)(request, error)


async def _file_of(conversation_id: UUID, call_id: str, number: int) -> tuple[str, str]:
    """Return the API's id of a file that code made, and the model that had it made."""
    rows = Message.objects.filter(
        conversation=conversation_id, role=Role.ASSISTANT, content__contains=call_id
    )
    answers = rows.select_related("turn").only("content", "turn__model")
    async for message in answers:
        for block in message.blocks:
            is_result = block.get("type") in RESULTS
            if is_result and block.get("tool_use_id") == call_id:
                made = file_ids(block)
                if message.turn and 0 < number <= len(made):
                    return made[number - 1], message.turn.model
    raise Http404


async def _download(client: ClaudeClient, file_id: str) -> HttpResponseBase:
    facts = await get_file(client, file_id)
    content = await open_content(client, file_id)
    return StreamingHttpResponse(read_content(content), headers=_headers(facts))


def _headers(facts: dict[str, Any]) -> dict[str, str]:
    headers = HEADERS | {
        "Content-Type": str(facts.get("mime_type") or DEFAULT_MEDIA_TYPE),
        "Content-Disposition": content_disposition_header(
            True, str(facts.get("filename") or "file")
        )
        or "attachment",
    }
    del headers["Accept-Ranges"]
    if isinstance(facts.get("size_bytes"), int):
        headers["Content-Length"] = str(facts["size_bytes"])
    return headers


def _refused(request: HttpRequest, error: ClaudeError) -> HttpResponse:
    is_gone = isinstance(error, NotFound)
    context = {"is_gone": is_gone, "error": error}
    status = 410 if is_gone else 502
    return render(
        request, "conversations/file_unavailable.html", context, status=status
    )
