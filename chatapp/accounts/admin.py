"""People in the admin."""

# Imported for its registration, which is taken back below: there is no mail here.
import allauth.account.admin  # noqa: F401
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin

from chatapp.accounts.models import User

admin.site.unregister(EmailAddress)


@admin.register(User)
class UserAdmin(DjangoUserAdmin):  # type: ignore[type-arg]  # not generic at run time
    list_display = ("username", "is_active", "is_staff", "is_superuser", "last_login")
