"""Who looked at what of other people, and when: kept in Django's admin log."""

from datetime import timedelta
from typing import cast

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import capfirst

# ours: a PDF viewer fetches one file in many parts
ONE_LOOK = timedelta(minutes=10)


def record_viewing(
    request: HttpRequest, row: Model, owner: object, message: str
) -> None:
    """Add an entry to the history of `row`.

    The log knows additions, changes and deletions; its own pages show only those.
    So a viewing is a change whose message says what it was. The row is named by its
    owner: titles and file names are content, and the log outlives them.
    """
    LogEntry.objects.create(
        user_id=_reader(request),
        content_type=ContentType.objects.get_for_model(row),
        object_id=str(row.pk),
        object_repr=capfirst(f"{row._meta.verbose_name} of {owner}"),
        action_flag=CHANGE,
        change_message=message,
    )


def record_opening(request: HttpRequest, row: Model, owner: object) -> None:
    """Add one entry for all the parts of a file that are fetched in one look."""
    message = "Opened the file."
    if "Range" in request.headers and _recent(request, row, message).exists():
        return
    record_viewing(request, row, owner, message)


def _recent(request: HttpRequest, row: Model, message: str) -> QuerySet[LogEntry]:
    return LogEntry.objects.filter(
        user_id=_reader(request),
        content_type=ContentType.objects.get_for_model(row),
        object_id=str(row.pk),
        change_message=message,
        action_time__gte=timezone.now() - ONE_LOOK,
    )


def _reader(request: HttpRequest) -> int:
    # Nobody comes here without a log-in: the admin's views checked the permission.
    return cast(int, request.user.pk)
