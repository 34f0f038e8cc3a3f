import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.attachments.conversions.html import MAX_DEPTH, _text_of
from conversations.attachments.errors import UploadRefused
from conversations.attachments.sniff import sniff
from tests.attachments.reading import read, refusal


def text_of(page: str | bytes) -> str:
    content = page if isinstance(page, bytes) else page.encode()
    sent: bytes = read(content)["sent"]
    return sent.decode()


PAGE = """<?xml version="1.0"?>
<!-- a comment <html> -->
<!DOCTYPE html>
<html><head><title> The
harbour </title><style>p { color: red }</style><script>alert("no")</script></head>
<body><nav><a href="/home">Home</a></nav>
<h1>Cranes</h1>
<p>The crane is <em>green</em>, see <a href="https://example.org/crane">here</a> or
<a href="javascript:alert(1)">there</a>.</p>
<noscript>no script</noscript><template>no template</template>
<img src="data:image/png;base64,AAAA" alt="A crane"><img src="x.png">
<pre><code>a  =  1</code></pre>
<ul><li>one<li>two</ul>
<button>Press</button>
</body></html>"""


def test_a_page_becomes_markdown() -> None:
    assert text_of(PAGE) == (
        "The harbour\n\nHome\n\n# Cranes\n\nThe crane is *green*, see "
        "[here](https://example.org/crane) or\nthere.\n\n[Picture: A crane]\n\n"
        "```\na  =  1\n```\n\n- one\n- two"
    )
    assert read(PAGE.encode())["facts"]["converted_from"] == "html"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>one<p>two<div>three</div>", "one\n\ntwo\n\nthree"),
        ("<ul><li>a<li>b<ul><li>c</ul><li>d</ul>", "- a\n- b\n  - c\n- d"),
        ("<table><tr><th>x<th>y<tr><td>1<td>2</table>",
         "| x | y |\n| --- | --- |\n| 1 | 2 |"),
        ("<dl><dt>k<dd>v<dt>l<dd>w</dl>", "k\n:   v\n\nl\n:   w"),
        ("<body><p>body", "body"),
        ("<head><title>T</title><body><p>body", "T\n\nbody"),
        ("<title>Cranes</title><h1>Cranes</h1>", "# Cranes"),
        ("a &lt;script&gt; &amp; b", "a <script> & b"),
    ],
)  # fmt: skip
def test_end_tags_may_be_left_out(markup: str, text: str) -> None:
    assert text_of("<!doctype html>" + markup) == text


def test_many_open_paragraphs_are_no_depth() -> None:
    assert text_of("<html>" + "<p>word" * 3000).count("word") == 3000


@pytest.mark.parametrize("tag", ["div", "foo", "b", "table><tr><td", "ul><li"])
def test_too_deep_is_refused_at_once(tag: str) -> None:
    started = time.monotonic()

    assert refusal(b"<html>" + f"<{tag}>".encode() * 100_000 + b"x")[0] == (
        "file_too_complex"
    )
    assert time.monotonic() - started < 2


def test_the_deepest_page_is_read() -> None:
    assert text_of("<html>" + "<div>" * (MAX_DEPTH - 2) + "x") == "x"


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [("windows-1251", "cp1251"), ("Shift_JIS", "shift_jis"), ("iso-8859-1", "cp1252"),
     ("utf-8", "utf-8"), ("no-such-thing", "utf-8"), ("rot13", "utf-8"),
     ("idna", "utf-8")],
)  # fmt: skip
def test_the_declared_encoding_counts(declared: str, encoding: str) -> None:
    word = {"shift_jis": "港", "cp1251": "порт"}.get(encoding, "Häfen")
    page = f'<html><head><meta charset="{declared}"></head><body>{word}'

    assert text_of(page.encode(encoding)) == word


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"<!DOCTYPE html><p>x", "html"),
        (b"\xef\xbb\xbf \n<HTML lang=en>", "html"),
        (b"<!-- x --><!-- y --><html>", "html"),
        (b"<?xml version='1.0'?><!DOCTYPE html PUBLIC 'x'>", "html"),
        (b"<p>a piece</p>", "text"),
        (b"<htmlx>", "text"),
        (b"see <html>", "text"),
        (b"<svg xmlns='x'><html></svg>", "text"),
        (b"<!--" * 2000 + b"<html>", "text"),
        (b"<!---->" * 500 + b"<htm", "text"),
    ],
)
def test_only_a_whole_page_is_one(content: bytes, found: str) -> None:
    assert sniff(content) == found


@given(st.text(alphabet="<>/pdivtablerhiul &;'\"=!-ä", max_size=200))
def test_any_markup_is_read(markup: str) -> None:
    try:
        text = _text_of(markup)
    except UploadRefused:
        return
    assert isinstance(text, str)
