"""The person who logs in."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person of this installation; kept ours so that it can grow columns."""
