"""The other platforms: the same simulated Claude behind each one's own wire form.

They need the packages that sign for the platforms, so nothing of the product imports them.
"""

from conversations.simulator.platforms.aws import ClaudeOnAwsSimulator
from conversations.simulator.platforms.bedrock import BedrockSimulator
from conversations.simulator.platforms.bedrock_legacy import BedrockLegacySimulator
from conversations.simulator.platforms.foundry import FoundrySimulator
from conversations.simulator.platforms.gateway import PlatformSimulator
from conversations.simulator.platforms.google import VertexSimulator
from conversations.simulator.platforms.google_anthropic import ClaudeOnGoogleSimulator

# By the name of the platform as providers have it.
SIMULATORS: dict[str, type[PlatformSimulator]] = {
    "aws": ClaudeOnAwsSimulator,
    "bedrock": BedrockSimulator,
    "bedrock_legacy": BedrockLegacySimulator,
    "foundry": FoundrySimulator,
    "google": VertexSimulator,
    "google_anthropic": ClaudeOnGoogleSimulator,
}

__all__ = [
    "SIMULATORS",
    "BedrockLegacySimulator",
    "BedrockSimulator",
    "ClaudeOnAwsSimulator",
    "ClaudeOnGoogleSimulator",
    "FoundrySimulator",
    "VertexSimulator",
]
