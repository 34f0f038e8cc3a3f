"""Our client on every platform, answered by the platform's simulator."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from conversations.claude import ClaudeClient, Provider, Secret
from conversations.claude.platform_facts import Kind, Setting
from conversations.claude.platforms import provider_of
from conversations.simulator import SimulatorTransport
from conversations.simulator.platforms import (
    BedrockLegacySimulator,
    BedrockSimulator,
    ClaudeOnAwsSimulator,
    ClaudeOnGoogleSimulator,
    FoundrySimulator,
    VertexSimulator,
)
from conversations.simulator.platforms.foundry import KEY
from conversations.simulator.platforms.gateway import PlatformSimulator
from conversations.simulator.platforms.google_door import PROJECT, REGION
from conversations.simulator.platforms.sigv4 import AwsAccount

TOKEN = "ya29.simulated"
WORKSPACE = "wrkspc_simulated"


@dataclass(frozen=True)
class Form:
    """A platform: its simulator, the settings to reach it, and a model there."""

    make: Callable[..., PlatformSimulator]
    settings: dict[Setting, str]
    model: str
    secret: str | None = None


AWS: dict[Setting, str] = {"region": "eu-central-1"}
GOOGLE: dict[Setting, str] = {"region": REGION, "project": PROJECT}
FORMS: dict[Kind, Form] = {
    "bedrock": Form(BedrockSimulator, AWS, "anthropic.claude-opus-5-5"),
    "bedrock_legacy": Form(
        BedrockLegacySimulator, AWS, "global.anthropic.claude-opus-4-8-v1:0"
    ),
    "aws": Form(
        ClaudeOnAwsSimulator, {**AWS, "workspace": WORKSPACE}, "claude-opus-5-5"
    ),
    "google": Form(VertexSimulator, GOOGLE, "claude-haiku-4-5@20251001"),
    "google_anthropic": Form(
        ClaudeOnGoogleSimulator, {**GOOGLE, "workspace": WORKSPACE}, "claude-opus-5-5"
    ),
    "foundry": Form(FoundrySimulator, {"resource": "our-team"}, "claude-opus-5-5", KEY),
}


def open_client(
    kind: Kind, *, secret: str | None = None, simulator: Any = None, **fields: Any
) -> tuple[ClaudeClient, PlatformSimulator]:
    """Return a client of a platform and the simulator that hears it."""
    form = FORMS[kind]
    simulator = simulator or form.make()
    provider = provider_for(kind, secret=secret, **fields)
    transport = SimulatorTransport(simulator)
    return ClaudeClient(provider, transport=transport, max_retries=0), simulator


def provider_for(kind: Kind, *, secret: str | None = None, **fields: Any) -> Provider:
    """Return the provider that reaches the platform's simulator."""
    form = FORMS[kind]
    key = secret or form.secret
    return provider_of(
        kind, secret=Secret(key) if key else None, settings=form.settings, **fields
    )


def account_of(kind: Kind) -> AwsAccount:
    """Return who may sign on a platform of AWS."""
    simulator: Any = FORMS[kind].make()
    account: AwsAccount = simulator.account
    return account


def params_for(kind: Kind, text: str = "Hello", **fields: Any) -> dict[str, Any]:
    """Return a request for the platform's model."""
    messages = [{"role": "user", "content": text}]
    params = {"model": FORMS[kind].model, "max_tokens": 1000, "messages": messages}
    return {**params, **fields}
