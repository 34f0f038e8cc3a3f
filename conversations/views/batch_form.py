"""What a batch is made of, as a person fills it in."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from conversations.catalog import runs_batches
from conversations.forms import EFFORT_LABELS, THINKING_LABELS, FilesField, FilesInput
from conversations.models import BatchSource, ModelCard
from conversations.models.wire import storable
from conversations.prompts.thinking import settings_problem
from conversations.protocol.commands import MAX_TEXT_CHARACTERS


def batch_cards() -> list[ModelCard]:
    """Return the models that people may choose and that run batches."""
    return [card for card in ModelCard.objects.offered() if runs_batches(card)]


class BatchForm(forms.Form):
    """A prompt, what it is asked of, and the model that answers."""

    source = forms.ChoiceField(
        label="Ask about",
        choices=[
            (BatchSource.ROWS, "the rows of a table (CSV)"),
            (BatchSource.FILES, "files, each on its own"),
        ],
        initial=BatchSource.ROWS,
        widget=forms.RadioSelect,
    )
    file = FilesField(label="Table or files", widget=FilesInput)
    template = forms.CharField(
        label="Prompt",
        strip=False,
        max_length=MAX_TEXT_CHARACTERS,
        help_text="With a table, write {{column}} where the value of a row belongs.",
        widget=forms.Textarea(
            attrs={
                "rows": 6,
                "class": "input",
                "placeholder": "Which language is this review in, and is it friendly?"
                "\n\n{{review}}",
            }
        ),
    )
    model = forms.ChoiceField()
    effort = forms.ChoiceField(
        required=False, choices=[("", "Default"), *EFFORT_LABELS.items()]
    )
    thinking = forms.ChoiceField(
        required=False, choices=[("", "Default"), *THINKING_LABELS.items()]
    )
    title = forms.CharField(
        required=False,
        max_length=200,
        help_text="Empty: the name of the file.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, cards: Sequence[ModelCard], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self._cards = {card.model_id: card for card in cards}
        models = self.fields["model"]
        assert isinstance(models, forms.ChoiceField)
        models.choices = [(card.model_id, card.full_name) for card in cards]

    @property
    def card(self) -> ModelCard:
        """The chosen model, once the form is valid."""
        return self._cards[self.cleaned_data["model"]]

    @property
    def has_models(self) -> bool:
        """Whether there is anything to run a batch with."""
        return bool(self._cards)

    @property
    def uploads(self) -> "list[UploadedFile[Any]]":
        uploads: list[UploadedFile[Any]] = self.cleaned_data["file"]
        return uploads

    @property
    def prompt(self) -> str:
        """The prompt as it was meant: a form sends line ends as CR LF."""
        return storable(self.cleaned_data["template"].replace("\r\n", "\n"))

    def clean_file(self) -> "list[UploadedFile[Any]]":
        files: list[UploadedFile[Any]] = self.cleaned_data["file"]
        if not files:
            raise forms.ValidationError("Choose a file.")
        is_table = self.cleaned_data.get("source") == BatchSource.ROWS
        if is_table and len(files) > 1:
            raise forms.ValidationError("Choose one table, or ask about files.")
        return files

    def clean_title(self) -> str:
        return storable(self.cleaned_data["title"])

    def clean(self) -> dict[str, Any]:
        """Refuse settings that the model does not take."""
        cleaned = super().clean() or {}
        card = self._cards.get(cleaned.get("model", ""))
        if card is not None:
            problem = settings_problem(card, cleaned["effort"], cleaned["thinking"])
            if problem is not None:
                self.add_error("model", problem)
        return cleaned
