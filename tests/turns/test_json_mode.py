"""A conversation that answers in JSON, from its first message on."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings

from chatapp.accounts.models import User
from conversations import catalog
from conversations.attachments.intake import take_in
from conversations.claude import ClaudeClient, Provider, Secret
from conversations.models import ModelCard, Prefix, Turn
from conversations.protocol.commands import (
    CommandRejected,
    ContinueTurn,
    RetryTurn,
    SendMessage,
)
from conversations.simulator import Simulator, SimulatorTransport
from conversations.transcripts.pages import read_turn
from conversations.turns import runner
from conversations.turns.start import Acceptance, start_turn
from conversations.upstream import use_client

pytestmark = pytest.mark.django_db(transaction=True)

SCHEMA = {
    "type": "object",
    "properties": {"colour": {"type": "string"}, "sure": {"type": "boolean"}},
    "required": ["colour", "sure"],
    "additionalProperties": False,
}


@pytest.fixture
async def simulated(turns: None) -> None:
    """The simulator answers, and its models are known."""
    transport = SimulatorTransport(Simulator(pace=0))
    use_client(ClaudeClient(Provider(api_key=Secret("s")), transport=transport))
    await catalog.refresh_cards()


async def send(user: User, text: str = "Which colour?", **fields: Any) -> Acceptance:
    fields = {"json_schema": json.dumps(SCHEMA)} | fields
    command = SendMessage(client_id=uuid.uuid4(), text=text, **fields)
    acceptance = await start_turn(user, command)
    await runner.wait_for(acceptance.turn.id)
    await acceptance.turn.arefresh_from_db()
    return acceptance


async def answer_of(turn: Turn) -> str:
    message = await turn.messages.alast()
    assert message
    text: str = message.text
    return text


async def body_of(turn: Turn) -> str:
    found = await Turn.objects.select_related("conversation").aget(id=turn.id)
    entry = await sync_to_async(read_turn)(found)
    return entry.body


async def rejection(user: User, **fields: Any) -> CommandRejected:
    with pytest.raises(CommandRejected) as caught:
        await send(user, **fields)
    return caught.value


async def test_every_answer_fits(simulated: None, alice: User) -> None:
    first = await send(alice)
    second = await send(
        alice, "And now?", conversation=first.conversation.id, json_schema=None
    )

    prefix = await Prefix.objects.aget(id=first.conversation.prefix_id)
    assert (prefix.json_schema, prefix.citations) == (SCHEMA, False)
    for turn in (first.turn, second.turn):
        assert (turn.state, turn.output_format) == ("completed", "json_schema")
        assert json.loads(await answer_of(turn)).keys() == {"colour", "sure"}
        assert "mismatch" not in await body_of(turn)


async def test_effort_goes_beside_the_schema(simulated: None, alice: User) -> None:
    acceptance = await send(alice, effort="low")

    assert acceptance.turn.state == "completed"


async def test_documents_are_read_without_citations(
    simulated: None, alice: User, settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    file = SimpleUploadedFile("notes.txt", b"The sky is blue.")
    item = await take_in(alice, file)

    acceptance = await send(alice, attachments=(item.id,))

    assert acceptance.turn.state == "completed"
    [document, _] = acceptance.message.content
    assert document["citations"] == {"enabled": False}


async def test_an_answer_that_was_cut_off_says_so(simulated: None, alice: User) -> None:
    wide = {f"p{number}": {"type": "string"} for number in range(40)}
    schema = {**SCHEMA, "properties": wide, "required": list(wide)}

    turn = (
        await send(alice, "[simulate: max_tokens] x", json_schema=json.dumps(schema))
    ).turn

    assert turn.stop_reason == "max_tokens"
    assert "Not valid against the schema: it is no JSON" in await body_of(turn)
    found = await Turn.objects.select_related("conversation").aget(id=turn.id)
    notice = (await sync_to_async(read_turn)(found)).notice
    assert notice
    assert notice.message.startswith("What there is of the JSON is not complete.")
    assert notice.actions == ("retry",)
    command = ContinueTurn(client_id=uuid.uuid4(), turn=turn.id)
    with pytest.raises(CommandRejected) as caught:
        await start_turn(alice, command)
    assert caught.value.type == "nothing_to_continue"


async def test_words_instead_of_json_are_shown_as_words(
    simulated: None, alice: User
) -> None:
    turn = (await send(alice, "[simulate: echo] I *cannot* say.")).turn

    body = await body_of(turn)
    assert "<em>cannot</em>" in body
    assert "Not valid against the schema: it is no JSON from character 1 on." in body


async def test_an_answer_that_does_not_fit_is_still_shown(
    simulated: None, alice: User
) -> None:
    turn = (await send(alice, '[simulate: echo] {"colour": 7}')).turn

    body = await body_of(turn)
    assert 'class="language-json"' in body
    assert "Not valid against the schema" in body


async def test_a_schema_that_the_api_refuses_is_refused(
    simulated: None, alice: User
) -> None:
    bad = {**SCHEMA, "additionalProperties": True}

    refused = await rejection(alice, json_schema=json.dumps(bad))

    assert refused.type == "invalid_schema"
    assert refused.message == (
        "The JSON schema cannot be used. An object needs “additionalProperties” to be"
        " false."
    )


async def test_a_schema_is_fixed_with_the_first_message(
    simulated: None, alice: User
) -> None:
    first = await send(alice)

    refused = await rejection(alice, conversation=first.conversation.id)

    assert refused.type == "schema_is_fixed"


async def test_a_model_that_cannot_keep_to_it_is_refused(
    simulated: None, alice: User
) -> None:
    first = await send(alice)
    rows = ModelCard.objects.filter(model_id="claude-haiku-4-5")
    await rows.aupdate(capabilities={"structured_outputs": {"supported": False}})
    command = RetryTurn(
        client_id=uuid.uuid4(), turn=first.turn.id, model="claude-haiku-4-5"
    )

    with pytest.raises(CommandRejected) as caught:
        await start_turn(alice, command)

    assert (caught.value.type, caught.value.action) == (
        "unsupported_setting",
        "change_model",
    )
    assert "cannot keep to a JSON schema" in caught.value.message


async def test_a_blank_schema_is_none(simulated: None, alice: User) -> None:
    acceptance = await send(alice, json_schema=" \n")

    assert acceptance.turn.output_format == ""


async def test_other_conversations_are_as_they_were(
    simulated: None, alice: User
) -> None:
    turn = (await send(alice, json_schema=None)).turn

    assert turn.output_format == ""
    assert "language-json" not in await body_of(turn)
