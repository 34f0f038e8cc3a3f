"""The signing key is made once, kept private, and never weak."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from chatapp.secret_key import secret_key


def test_the_first_start_makes_a_key_that_only_its_owner_can_read(
    tmp_path: Path,
) -> None:
    data_dir = tmp_path / "data"

    key = secret_key(None, data_dir)

    assert len(key) >= 64
    assert oct(data_dir.stat().st_mode)[-3:] == "700"
    assert [
        (path.name, oct(path.stat().st_mode)[-3:]) for path in data_dir.iterdir()
    ] == [("secret_key", "600")]


def test_later_starts_keep_the_key(tmp_path: Path) -> None:
    assert secret_key(None, tmp_path) == secret_key(None, tmp_path)


def test_a_given_key_wins_and_nothing_is_written(tmp_path: Path) -> None:
    given = "s0me-k3y." * 8

    assert secret_key(given, tmp_path) == given
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "weak", ["short", "a" * 80, "django-insecure-" + "0123456789" * 5]
)
def test_a_weak_key_is_refused_and_not_repeated(weak: str, tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        secret_key(weak, tmp_path)

    assert "SECRET_KEY must hold at least 50 random characters" in str(refusal.value)
    assert weak not in str(refusal.value)


def test_a_damaged_key_file_is_refused_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("")

    with pytest.raises(ImproperlyConfigured, match=f"{tmp_path}/secret_key must hold"):
        secret_key(None, tmp_path)


def test_a_data_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ImproperlyConfigured, match="DATA_DIR must be a folder"):
        secret_key(None, tmp_path / "file")
