"""allauth's questions about our accounts, answered."""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Let strangers make accounts only where the operator said so (SIGNUP=open)."""
        return bool(settings.SIGNUP_IS_OPEN)
