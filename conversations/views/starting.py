"""From the composer's form to a running turn; the socket's command does the same."""

from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest

from conversations import catalog
from conversations.attachments.errors import UploadRefused
from conversations.attachments.intake import take_in
from conversations.forms import ComposerForm, serving_options
from conversations.protocol.commands import CommandRejected, SendMessage
from conversations.turns.start import Acceptance, start_turn

from .tool_choices import tool_choices


async def send_form(
    request: HttpRequest, user: AbstractBaseUser, conversation: UUID | None
) -> Acceptance | ComposerForm:
    """Send the posted message; return the form, with what is wrong, if that fails."""
    form = await sync_to_async(_posted_form)(request, conversation is None)
    if not form.is_valid():
        return form
    try:
        files = [await take_in(user, file) for file in form.cleaned_data["file"]]
        command = _command(form.cleaned_data, conversation, [item.id for item in files])
        return await start_turn(user, command)
    except (CommandRejected, UploadRefused) as refusal:
        form.add_error(None, refusal.message)
        return form


def _posted_form(request: HttpRequest, begins: bool) -> ComposerForm:
    cards = catalog.offered_cards()
    return ComposerForm(
        request.POST,
        request.FILES,
        choices=[catalog.choice_of(card) for card in cards],
        tools=tool_choices(request.user.pk, cards) if begins else (),
        serving={card.model_id: serving_options(card) for card in cards},
        auto_id="composer-%s",
    )


def _command(
    fields: dict[str, Any], conversation: UUID | None, attachments: list[UUID]
) -> SendMessage:
    return SendMessage(
        client_id=fields["client_id"],
        conversation=conversation,
        parent=fields["parent"] if conversation else None,
        # A form sends line ends as CR LF; what is stored is what was meant.
        text=fields["text"].replace("\r\n", "\n"),
        attachments=tuple(attachments),
        model=fields["model"] or None,
        effort=fields["effort"] or None,
        thinking=fields["thinking"] or None,
        later=fields["later"],
        speed=fields["speed"] or None,
        inference_geo=fields["inference_geo"] or None,
        service_tier=fields["service_tier"] or None,
        tools=tuple(fields["tools"]),
        json_schema=None if conversation else fields["json_schema"] or None,
    )
