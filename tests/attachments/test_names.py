import pytest

from conversations.attachments.limits import MAX_NAME_CHARACTERS
from conversations.attachments.names import display_name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("report.pdf", "report.pdf"),
        ("Über die Größe.txt", "Über die Größe.txt"),
        ("Gro\u0308ße.txt", "Größe.txt"),
        ("family \U0001f468\u200d\U0001f469.png", "family \U0001f468\u200d\U0001f469.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\alice\\secret plan.docx", "secret plan.docx"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("\u2066a\u2069\u200e\u200f\u061c\ufeff.png", "a.png"),
        ("a\x00b\x1fc\x7fd\r\nSet-Cookie: x.png", "abcdSet-Cookie: x.png"),
        ("  many   blanks .txt ", "many blanks .txt"),
        ("half \ud800 character\ue000.txt", "half character.txt"),
        ('"><img src=x onerror=alert(1)>', '"><img src=x onerror=alert(1)>'),
        ("..", "unnamed"),
        ("\u202e", "unnamed"),
        ("", "unnamed"),
        (None, "unnamed"),
        ("a" * 300 + ".png", "a" * 195 + "….png"),
        ("a" * 300, "a" * 199 + "…"),
    ],
)  # fmt: skip
def test_a_name_is_fit_for_showing(name: str | None, shown: str) -> None:
    assert display_name(name) == shown
    assert len(shown) <= MAX_NAME_CHARACTERS
