"""A wrong value stops the start and says what was expected."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from chatapp.env import env_bool, env_int, env_list, env_secret, env_str


def test_text_is_stripped_and_an_empty_value_counts_as_unset() -> None:
    environ = {"NAME": "  value ", "EMPTY": ""}

    assert env_str("NAME", environ=environ) == "value"
    assert env_str("EMPTY", "default", environ=environ) == "default"
    assert env_str("MISSING", "default", environ=environ) == "default"


def test_text_outside_the_choices_is_refused_with_the_choices() -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        env_str(
            "SIGNUP", "closed", choices=("open", "closed"), environ={"SIGNUP": "yes"}
        )

    assert str(refusal.value) == (
        "SIGNUP must be one of open, closed, but it is 'yes'. "
        "Correct it, or unset SIGNUP for the default."
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1", True), ("YES", True), ("on", True), ("0", False), ("False", False)],
)
def test_switches_take_the_usual_words(value: str, expected: bool) -> None:
    assert env_bool("DEBUG", not expected, environ={"DEBUG": value}) is expected


def test_a_switch_that_is_neither_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        env_bool("DEBUG", default=False, environ={"DEBUG": "maybe"})

    assert str(refusal.value) == (
        "DEBUG must be 1 or 0 (also true/false, yes/no, on/off), but it is 'maybe'. "
        "Correct it, or unset DEBUG for the default."
    )


@pytest.mark.parametrize("value", ["0", "65536", "-1", "8000.0", "80a", "1_000", "٨٠"])
def test_a_number_outside_its_limits_is_refused(value: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        env_int("PORT", 8000, at_least=1, at_most=65535, environ={"PORT": value})

    assert str(refusal.value) == (
        f"PORT must be a whole number from 1 to 65535, but it is {value!r}. "
        "Correct it, or unset PORT for the default."
    )


def test_a_number_within_its_limits_is_taken() -> None:
    assert (
        env_int("PORT", 1, at_least=1, at_most=65535, environ={"PORT": "9000"}) == 9000
    )


def test_a_list_is_split_at_commas_without_empty_parts() -> None:
    environ = {"ALLOWED_HOSTS": "a.example, b.example,,"}

    assert env_list("ALLOWED_HOSTS", environ=environ) == ["a.example", "b.example"]
    assert env_list("MISSING", environ=environ) == []


def test_a_secret_comes_from_the_variable_or_from_the_file_it_names(
    tmp_path: Path,
) -> None:
    file = tmp_path / "key"
    file.write_text("from-file\n")

    assert env_secret("KEY", environ={"KEY": "from-variable"}) == "from-variable"
    assert env_secret("KEY", environ={"KEY_FILE": str(file)}) == "from-file"
    assert env_secret("KEY", environ={}) is None


def test_a_secret_given_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        env_secret("KEY", environ={"KEY": "a", "KEY_FILE": str(tmp_path)})

    assert str(refusal.value) == "KEY and KEY_FILE are both set. Keep one of the two."


def test_a_secret_file_that_is_missing_or_empty_is_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_text("\n")

    with pytest.raises(ImproperlyConfigured, match="KEY_FILE must name a readable"):
        env_secret("KEY", environ={"KEY_FILE": str(tmp_path / "missing")})
    with pytest.raises(ImproperlyConfigured, match="which is empty"):
        env_secret("KEY", environ={"KEY_FILE": str(empty)})


def test_a_refused_secret_is_not_repeated() -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        env_secret("KEY", environ={"KEY": "sk-ant-one\nsk-ant-two"})

    assert "sk-ant" not in str(refusal.value)
