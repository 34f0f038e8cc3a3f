"""Forms of the pages; they work without JavaScript."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any
from uuid import uuid4

from django import forms
from django.core.files.uploadedfile import UploadedFile

from conversations.catalog import Choice, by_provider
from conversations.claude.pricing import US_ONLY_MULTIPLIER, Prices
from conversations.models import ModelCard, Permission, Preferences
from conversations.models.tags import BadTags, read_tags
from conversations.prompts.serving import serving_for
from conversations.protocol.commands import (
    MAX_ATTACHMENTS,
    MAX_SCHEMA_CHARACTERS,
    MAX_TEXT_CHARACTERS,
)
from conversations.tools.memory_files import MAX_FILE_CHARACTERS
from conversations.tools.permissions import PermissionRow

EFFORT_LABELS = {
    "low": "Low",
    "medium": "Medium",
    "high": "High",
    "xhigh": "Extra high",
    "max": "Maximum",
}
THINKING_LABELS = {
    "adaptive": "Thinks when it helps",
    "between_tools": "Thinks between tools",
    "enabled": "Always thinks",
    "omitted": "Thinks without showing it",
    "disabled": "Does not think",
}


SERVING_LABELS = {
    "speed": {"": "Usual speed", "fast": "Fast"},
    "inference_geo": {"": "Default", "global": "Anywhere", "us": "US only"},
    "service_tier": {"": "Default", "standard_only": "Standard capacity only"},
}

type Options = list[tuple[str, str]]


def serving_options(card: ModelCard) -> dict[str, Options]:
    """Return how a model can be served, each way with its price; [] is no choice."""
    serving = serving_for(card)
    options: dict[str, Options] = {}
    for name, labels in SERVING_LABELS.items():
        offered = getattr(serving, name)
        values = ("", *offered) if offered else ()
        options[name] = [(v, labels[v] + _price_of(card, v)) for v in values]
    return options


def _price_of(card: ModelCard, value: str) -> str:
    """Say in words what a way of being served costs more."""
    if value == "us":
        return f" ({US_ONLY_MULTIPLIER} times the price)"
    if value != "fast":
        return ""
    factor = Prices.from_json(card.prices).fast_multiplier if card.prices else None
    return (
        " (its price is not known)"
        if factor is None
        else f" ({factor} times the price)"
    )


class FilesInput(forms.ClearableFileInput):
    """A file input that takes several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several uploaded files."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list["UploadedFile[Any]"]:
        """Return the files that came, each checked as a single one would be."""
        files = [file for file in data or [] if file]
        if len(files) > MAX_ATTACHMENTS:
            raise forms.ValidationError(
                f"{len(files)} files are too many; at most {MAX_ATTACHMENTS} are allowed."
            )
        return [super(FilesField, self).clean(file, initial) for file in files]


class ComposerForm(forms.Form):
    """A message and how it is to be answered. An empty choice is the model's default."""

    text = forms.CharField(
        required=False,
        strip=False,
        max_length=MAX_TEXT_CHARACTERS,
        widget=forms.Textarea(
            attrs={
                "rows": 1,
                "aria-label": "Message",
                "placeholder": "Write a message…",
                "enterkeyhint": "send",
            }
        ),
    )
    model = forms.ChoiceField(
        required=False, widget=forms.Select(attrs={"aria-label": "Model"})
    )
    effort = forms.ChoiceField(required=False)
    thinking = forms.ChoiceField(required=False)
    later = forms.BooleanField(required=False)
    speed = forms.ChoiceField(required=False)
    inference_geo = forms.ChoiceField(required=False)
    service_tier = forms.ChoiceField(required=False)
    # Of a conversation's first message only, which fixes it.
    json_schema = forms.CharField(
        required=False,
        max_length=MAX_SCHEMA_CHARACTERS,
        widget=forms.Textarea(
            attrs={
                "rows": 6,
                "placeholder": '{"type": "object", …}',
                "spellcheck": "false",
                "autocomplete": "off",
                "aria-describedby": "json-problems json-help",
            }
        ),
    )
    client_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    parent = forms.UUIDField(required=False, widget=forms.HiddenInput)
    file = FilesField(required=False)

    # With the first message of a conversation only.
    tools = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(
        self,
        *args: Any,
        choices: Sequence[Choice],
        tools: Sequence[Any] = (),
        serving: Mapping[str, dict[str, Options]] = MappingProxyType({}),
        **kwargs: Any,
    ) -> None:
        """`tools` are what may be switched on: each has a `name`.

        `serving` are the options of each model, by its id.
        """
        super().__init__(*args, **kwargs)
        self.choices = choices
        self.tool_choices = tools
        self._offer("tools", [(tool.name, tool) for tool in tools])
        self._offer("model", [(choice.id, choice.name) for choice in choices])
        self._offer("effort", self._efforts())
        self._offer("thinking", self._thinking())
        model = self.data.get("model") or self.initial.get("model") or ""
        for name, options in serving.get(model, {}).items():
            self._offer(name, options)

    @property
    def offers_serving(self) -> bool:
        """Whether the model leaves a choice of how it is served."""
        return any(self.fields[name].choices for name in SERVING_LABELS)  # type: ignore[attr-defined]

    @property
    def model_groups(self) -> list[tuple[str, list[Choice]]]:
        """The models under the names of their providers."""
        return by_provider(self.choices)

    @property
    def chosen(self) -> Choice | None:
        """The card of the model that the form begins with."""
        model = self.data.get("model") or self.initial.get("model")
        return next((choice for choice in self.choices if choice.id == model), None)

    def clean(self) -> dict[str, Any]:
        """Ask for a text or a file."""
        cleaned = super().clean() or {}
        if not cleaned.get("text", "").strip() and not cleaned.get("file"):
            raise forms.ValidationError("Write a message or attach a file.")
        return cleaned

    def _offer(self, name: str, options: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = options

    def _efforts(self) -> list[tuple[str, str]]:
        if (chosen := self.chosen) is None or not chosen.efforts:
            return [("", "Default")]
        label = EFFORT_LABELS.get(chosen.default_effort)
        default = f"Default ({label.lower()})" if label else "Default"
        return [
            ("", default),
            *((effort, EFFORT_LABELS.get(effort, effort)) for effort in chosen.efforts),
        ]

    def _thinking(self) -> list[tuple[str, str]]:
        if (chosen := self.chosen) is None or not chosen.thinking:
            return [("", "Default")]
        return [
            ("", "Default"),
            *((mode, THINKING_LABELS.get(mode, mode)) for mode in chosen.thinking),
        ]


class TagsField(forms.CharField):
    """Tags with commas between them; clean, a list."""

    def clean(self, value: Any) -> list[str]:
        """Return each tag once, in the order in which they were written."""
        try:
            return read_tags((super().clean(value) or "").split(","))
        except BadTags as error:
            raise forms.ValidationError(str(error)) from None


class MemoryForm(forms.Form):
    """The text of a memory file."""

    content = forms.CharField(
        required=False,
        strip=False,
        max_length=MAX_FILE_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 14, "class": "input"}),
    )


class PermissionsForm(forms.Form):
    """What a person allows each tool."""

    def __init__(
        self, *args: Any, rows: Sequence[PermissionRow], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._rows = rows
        for row in rows:
            self.fields[row.key] = forms.ChoiceField(
                choices=Permission.choices, initial=row.permission, label=row.title
            )

    @property
    def rows(self) -> list[tuple[PermissionRow, forms.BoundField]]:
        return [(row, self[row.key]) for row in self._rows]

    def chosen(self) -> dict[str, Permission]:
        """Return what was chosen, by the keys of the tools."""
        return {row.key: Permission(self.cleaned_data[row.key]) for row in self._rows}


class PreferencesForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """What a person likes."""

    class Meta:
        model = Preferences
        fields = ("suggestions",)
        labels = {"suggestions": "Suggest what to ask next"}
        help_texts = {
            "suggestions": (
                "After each answer a small model proposes three messages above the box."
                " That is one more request each time, which your usage page counts."
            )
        }


class RenameForm(forms.Form):
    """A new title, and tags."""

    title = forms.CharField(max_length=200)
    tags = TagsField(
        required=False, max_length=400, help_text="Separate them with commas."
    )
