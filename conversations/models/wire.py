"""How the API's blocks stand in a column: as the text that was first made of them."""

import json
from typing import TYPE_CHECKING, Any

from django import forms
from django.db import models

if TYPE_CHECKING:
    TextField = models.TextField[Any, Any]
else:
    TextField = models.TextField

type Block = dict[str, Any]

# Made once: building an encoder costs as much as encoding a delta.
_encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


def dump(value: object) -> str:
    """Serialise `value` once, for ever.

    ASCII only: PostgreSQL refuses NUL in text and Claude may send lone surrogates;
    key order is kept, because it is part of the prefix that was sent.
    """
    return _encode(value)


def storable(text: str) -> str:
    """Return `text` as every database's text column takes it.

    Half of a surrogate pair, as a cut stream leaves it, cannot be UTF-8, and
    PostgreSQL refuses NUL; both become U+FFFD. Two halves that meet become whole.
    """
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\0", "\ufffd")


class WireField(TextField):
    """A JSON value kept as text: no database re-orders its keys or rounds its numbers."""

    # What django-stubs reads to type assignments.
    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def from_db_value(self, value: str | None, *_: object) -> Any:
        return None if value is None else json.loads(value)

    def to_python(self, value: Any) -> Any:
        return json.loads(value) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else dump(value)

    def value_to_string(self, obj: models.Model) -> str:
        return dump(self.value_from_object(obj))

    def formfield(self, **kwargs: Any) -> forms.Field:
        return forms.JSONField(
            required=not self.blank, label=self.verbose_name, help_text=self.help_text
        )
