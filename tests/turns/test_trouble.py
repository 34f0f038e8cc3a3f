"""The database's errors in words that a person can act on."""

import pytest
from django.db import (
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
    connection,
    transaction,
)

from conversations.turns.trouble import reason_of, rejection_of


@pytest.mark.parametrize("kind", [OperationalError, InterfaceError, InternalError])
def test_what_passes_is_to_be_sent_again(kind: type[Error]) -> None:
    rejection = rejection_of(kind("connection refused"))

    assert (rejection.type, rejection.retryable, rejection.action) == (
        "database_unavailable",
        True,
        "wait",
    )


@pytest.mark.parametrize("kind", [DataError, IntegrityError, ProgrammingError])
def test_what_would_fail_again_is_not(kind: type[Error]) -> None:
    rejection = rejection_of(kind("no such column"))

    assert (rejection.type, rejection.retryable) == ("internal_error", False)


@pytest.mark.django_db(transaction=True)
def test_full_disk_is_a_matter_for_the_administrator() -> None:
    with pytest.raises(OperationalError) as caught:
        _fill_the_disk()

    rejection = rejection_of(caught.value)
    assert (rejection.type, rejection.retryable, rejection.action) == (
        "storage_full",
        True,
        "ask_admin",
    )
    assert reason_of(caught.value)["type"] == "storage_full"


def _fill_the_disk() -> None:
    """Make the database itself say that there is no room."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DO $$ BEGIN RAISE disk_full; END $$")
            return
        cursor.execute("PRAGMA max_page_count = 1")  # means: no more than there are
        try:
            cursor.execute("CREATE TABLE room (text)")
            # More than other tests can have left free within the file.
            cursor.execute("INSERT INTO room VALUES (zeroblob(500000000))")
        finally:
            cursor.execute("PRAGMA max_page_count = 4294967294")
