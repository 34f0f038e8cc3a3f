"""The project as an app: its commands, and the admin site it puts in place."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class ChatappConfig(AppConfig):
    name = "chatapp"
    default = True


class AdminSiteConfig(admin_apps.AdminConfig):
    default = False  # only where INSTALLED_APPS names it
    default_site = "chatapp.admin_site.ColloquyAdminSite"
