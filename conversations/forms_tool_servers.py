"""The form with which a person adds a server of tools."""

from typing import Any

from django import forms
from django.utils.text import slugify

from conversations.fetching import FetchRefused
from conversations.fetching.links import read_link
from conversations.models import Authorization, McpServer
from conversations.models.ids import uuid7

NAME_CHARACTERS = 15  # of the title; the rest makes it one of a kind


class ToolServerForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A server of one's own: on the public internet, spoken to over HTTPS."""

    token = forms.CharField(
        required=False,
        max_length=5000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Only with “a token”. It is kept encrypted and shown to nobody.",
    )

    class Meta:
        model = McpServer
        fields = ("title", "url", "authorization")
        labels = {"authorization": "The server wants"}
        help_texts = {"url": "The address that its maker gives, such as https://…/mcp."}

    def clean_url(self) -> str:
        try:
            url = read_link(self.cleaned_data["url"])
        except FetchRefused as refused:
            raise forms.ValidationError(refused.message) from None
        if url.scheme != "https":
            raise forms.ValidationError("The address must begin with https://.")
        return str(url)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        wants_token = cleaned.get("authorization") == Authorization.TOKEN
        if wants_token and not cleaned.get("token"):
            self.add_error("token", "Enter the token that the server wants.")
        return cleaned

    def save(self, commit: bool = True) -> McpServer:
        server: McpServer = super().save(commit=False)
        start = slugify(server.title)[:NAME_CHARACTERS].strip("-") or "server"
        server.name = f"{start}-{uuid7().hex[-8:]}"
        if commit:
            server.save()
        return server
