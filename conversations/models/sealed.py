"""Texts that stand in the database as nobody can read them without the secret key."""

import base64
import hashlib
import logging
from functools import cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    TextField = models.TextField[Any, Any]
else:
    TextField = models.TextField

logger = logging.getLogger(__name__)


class SealedField(TextField):
    """A text that is encrypted in its column (Fernet, key from SECRET_KEY).

    What cannot be opened any more, because the secret key is another one, reads as "".
    """

    _pyi_private_set_type: str
    _pyi_private_get_type: str

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        return _open(value) if value else value

    def get_prep_value(self, value: Any) -> str | None:
        return (
            _fernet(settings.SECRET_KEY).encrypt(value.encode()).decode()
            if value
            else value
        )


def _open(value: str) -> str:
    try:
        return _fernet(settings.SECRET_KEY).decrypt(value.encode()).decode()
    except InvalidToken:
        logger.warning("A sealed text cannot be opened: was SECRET_KEY changed?")
        return ""


@cache
def _fernet(secret_key: str) -> Fernet:
    digest = hashlib.sha256(b"conversations.sealed" + secret_key.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))
