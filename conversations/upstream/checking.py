"""Is a provider set up so that it answers: asked once, and told in a sentence."""

import asyncio
from dataclasses import dataclass

from conversations.claude import (
    AuthenticationFailed,
    ClaudeClient,
    ClaudeError,
    ConnectionFailed,
    ConnectionTimedOut,
    ErrorAnswer,
    MalformedAnswer,
    NotFound,
    NotReady,
    PermissionDenied,
    Redirected,
)
from conversations.models import Provider

from .clients import make_client

# Ours: a person waits for it before a page.
LONGEST_SECONDS = 20.0


@dataclass(frozen=True)
class Verdict:
    """How a test went, in a sentence."""

    is_ok: bool
    words: str


async def check_connection(provider: Provider | None, model: str = "") -> Verdict:
    """Ask a provider for its models or, where it has no such list, for one token.

    `model` is what to ask for that token, as the provider's API names it.
    """
    try:
        client = make_client(provider, max_retries=0)
    except NotReady as error:
        return Verdict(False, error.message)
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            return Verdict(True, await _ask(client, model))
    except TimeoutError:
        seconds = f"{LONGEST_SECONDS:g} seconds"
        return Verdict(False, f"Nothing was answered within {seconds}.")
    except ClaudeError as error:
        return Verdict(False, _words(error, client))
    finally:
        await client.aclose()


async def _ask(client: ClaudeClient, model: str) -> str:
    if client.provider.offers("models"):
        try:
            count = len(await client.models())
        except NotFound:
            if not model:
                raise
        else:
            return f"It answers and lists {count} model{'' if count == 1 else 's'}."
    if not model:
        raise NotReady(
            "This platform has no list of its models: add one under Model cards,"
            " then the test can ask it."
        )
    messages = [{"role": "user", "content": "Hi"}]
    params = {"model": model, "max_tokens": 1, "messages": messages}
    await client.create(params)
    return f"It answers: {model} has said a word."


def _words(error: ClaudeError, client: ClaudeClient) -> str:
    """Return a sentence that says what to look at."""
    match error:
        case NotReady():
            return error.message
        case ConnectionTimedOut():
            return f"{_place(client)} did not answer in time. Is the address right?"
        case ConnectionFailed():
            return f"{_place(client)} cannot be reached. Is the address right?"
        case AuthenticationFailed():
            return f"The key was refused: {error.message}"
        case PermissionDenied():
            return f"Access was refused: {error.message}"
        case NotFound():
            return f"The address or the model does not exist: {error.message}"
        case Redirected():
            return error.message
        case MalformedAnswer():
            return f"{_place(client)} answered, but not like the Claude API."
        case ErrorAnswer():
            return f"It answered with an error: {error.message}"
    return error.message


def _place(client: ClaudeClient) -> str:
    return client.provider.base_url.split("/")[2]
