"""The form of what a person allows Claude on the web."""

import re
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from django import forms

from conversations.models import WebTools

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[WebTools]
else:
    ModelForm = forms.ModelForm

MAX_DOMAINS = 100  # ours: more than anybody lists by hand
MAX_USES = 100  # ours: far above what one answer needs
SCHEME = re.compile(r"https?://", re.IGNORECASE)
# A host with a dot, and maybe a folder on it (API guide, web search).
DOMAIN = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,}(?:/[^\s?#]*)?"
)


class DomainsField(forms.CharField):
    """Domains, one a line. What was copied from the address bar is made one."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})

    def to_python(self, value: Any) -> Any:
        lines = [_domain(line) for line in str(value or "").split()]
        if len(lines) > MAX_DOMAINS:
            raise forms.ValidationError(f"List at most {MAX_DOMAINS} sites.")
        for line in lines:
            if not DOMAIN.fullmatch(line):
                raise forms.ValidationError(
                    f"“{line[:80]}” is no site. Write it as example.org, one a line."
                )
        return list(dict.fromkeys(lines))

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value


def _domain(line: str) -> str:
    host, slash, folder = SCHEME.sub("", line.strip(), count=1).partition("/")
    return f"{host.lower()}{slash}{folder}".rstrip("/")


class WebToolsForm(ModelForm):
    """Empty fields set no limit."""

    allowed_domains = DomainsField(
        required=False,
        label="Only these sites",
        help_text="One a line, such as example.org; what is below a site counts too.",
    )
    blocked_domains = DomainsField(required=False, label="Never these sites")
    max_uses = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MAX_USES,
        label="At most this many searches, and pages, in one request",
    )
    country = forms.CharField(
        required=False,
        max_length=2,
        help_text="Two letters, such as AT. With a place, results fit where you are.",
        widget=forms.TextInput(attrs={"size": 2, "autocomplete": "country"}),
    )
    timezone = forms.CharField(
        required=False,
        max_length=64,
        label="Time zone",
        help_text="Such as Europe/Vienna.",
    )

    class Meta:
        model = WebTools
        fields = (
            "allowed_domains",
            "blocked_domains",
            "max_uses",
            "city",
            "region",
            "country",
            "timezone",
        )

    def clean_country(self) -> str:
        country: str = self.cleaned_data["country"].upper()
        if country and not re.fullmatch("[A-Z]{2}", country):
            raise forms.ValidationError("Write a country as two letters, such as AT.")
        return country

    def clean_timezone(self) -> str:
        name: str = self.cleaned_data["timezone"]
        if name and name not in available_timezones():
            raise forms.ValidationError("Write a time zone as Europe/Vienna.")
        return name

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("allowed_domains") and cleaned.get("blocked_domains"):
            raise forms.ValidationError(
                "Claude takes either sites that are allowed or sites that are not. Empty"
                " one of the two lists."
            )
        return cleaned
