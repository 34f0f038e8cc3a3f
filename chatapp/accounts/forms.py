"""The form of the first administrator."""

from django.contrib.auth.forms import BaseUserCreationForm

from chatapp.accounts.models import User


class FirstAdministratorForm(BaseUserCreationForm):  # type: ignore[type-arg]  # not generic at run time
    class Meta:
        model = User
        fields = ("username",)

    def save(self, commit: bool = True) -> User:
        """Return the new account, with every right."""
        self.instance.is_staff = True
        self.instance.is_superuser = True
        user: User = super().save(commit=commit)
        return user
