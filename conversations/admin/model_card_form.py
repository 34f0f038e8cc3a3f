"""What administrators decide about a model; its facts come from the API."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator

from conversations.claude.capabilities import EFFORTS
from conversations.models import ModelCard, Provider
from conversations.prompts.thinking import settings_problem

from .price_list import PricesField, check_prices

THINKING_DEFAULTS = (
    ("", "unknown"),
    ("always", "always: cannot be switched off"),
    ("on", "on: thinks unless told otherwise"),
    ("off", "off: thinks when told to"),
)
# Names of Anthropic, of Bedrock (anthropic.claude-…-v1:0) and of Vertex (claude-…@date).
MODEL_ID = RegexValidator(
    r"\A[A-Za-z0-9][A-Za-z0-9._:@/-]*\Z",
    "Expected: the id that the API takes, of letters, digits and . _ : @ / - only.",
)


class ModelCardForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """Checks the defaults against what the model can do."""

    default_effort = forms.ChoiceField(
        required=False,
        choices=[("", "unknown"), *((level, level) for level in EFFORTS)],
        help_text="The effort at which the model works when nobody chooses one.",
    )
    thinking_default = forms.ChoiceField(required=False, choices=THINKING_DEFAULTS)
    prices = PricesField(
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"})
    )

    def clean_default_effort(self) -> str:
        """Refuse an effort that the model does not know."""
        effort: str = self.cleaned_data["default_effort"]
        if problem := settings_problem(self.instance, effort, ""):
            raise forms.ValidationError(problem)
        return effort

    def clean_prices(self) -> dict[str, Any] | None:
        """Date new amounts: the day stands for the version of a price list."""
        prices: dict[str, Any] | None = self.cleaned_data["prices"]
        stored = self.instance.prices
        if prices is None or stored is None or prices == stored:
            return prices
        is_dated = prices["as_of"] != stored.get("as_of")
        return prices if is_dated else check_prices({**prices, "as_of": ""})


class NewModelCardForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A model of a platform that has no list to ask: its id, and what to call it."""

    provider = forms.ModelChoiceField(
        queryset=Provider.objects.all(),
        required=False,
        empty_label="the platform of the environment",
    )
    model_id = forms.CharField(
        label="Model id",
        max_length=165,
        validators=[MODEL_ID],
        help_text=(
            "As the API takes it; on Microsoft Foundry the deployment's name, on Amazon"
            " Bedrock also an ARN. What is unknown of the model gets safe values."
        ),
    )
    display_name = forms.CharField(
        label="Name", max_length=200, required=False, help_text="Empty: its id."
    )

    class Meta:
        model = ModelCard
        fields: Any = ("provider", "model_id", "display_name")

    def clean(self) -> dict[str, Any]:
        """Name the card as turns will: behind its provider's slug."""
        cleaned = super().clean() or {}
        provider, wire_id = cleaned.get("provider"), cleaned.get("model_id")
        if provider is not None and wire_id:
            cleaned["wire_id"] = wire_id
            cleaned["model_id"] = f"{provider.slug}/{wire_id}"
        return cleaned
