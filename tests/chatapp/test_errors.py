"""What a request gets that broke."""

import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path


def without_database(request: HttpRequest) -> HttpResponse:
    raise OperationalError("connection refused")


def mistaken(request: HttpRequest) -> HttpResponse:
    raise ValueError("a mistake of ours")


urlpatterns = [path("away/", without_database), path("broken/", mistaken)]
handler500 = "chatapp.errors.server_error"


@pytest.fixture
def visitor() -> Client:
    return Client(raise_request_exception=False)


@override_settings(ROOT_URLCONF=__name__)
def test_database_that_is_away_is_said_and_asks_to_come_again(visitor: Client) -> None:
    answer = visitor.get("/away/")

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "The database does not answer" in answer.text


@override_settings(ROOT_URLCONF=__name__)
def test_mistake_of_ours_is_an_error_of_the_server(visitor: Client) -> None:
    answer = visitor.get("/broken/")

    assert answer.status_code == 500
    assert "Something broke" in answer.text
