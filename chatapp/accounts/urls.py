"""Log-in, log-out, password change, sign-up, and the first administrator.

allauth's pages for e-mail addresses and password mails are left out: there is no mail.
"""

from allauth.account import views as allauth_views
from django.conf import settings
from django.urls import path

from chatapp.accounts.views import setup

urlpatterns = [
    path(
        "accounts/login/",
        allauth_views.LoginView.as_view(
            extra_context={"sign_up_is_open": settings.SIGNUP_IS_OPEN}
        ),
        name="account_login",
    ),
    path("accounts/logout/", allauth_views.logout, name="account_logout"),
    path("accounts/signup/", allauth_views.signup, name="account_signup"),
    path("accounts/inactive/", allauth_views.account_inactive, name="account_inactive"),
    path(
        "accounts/password/change/",
        allauth_views.password_change,
        name="account_change_password",
    ),
    path(
        "accounts/reauthenticate/",
        allauth_views.reauthenticate,
        name="account_reauthenticate",
    ),
    path("setup/<str:token>/", setup, name="setup"),
]
