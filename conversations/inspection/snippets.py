"""A request as somebody would type it: with curl, and with the official Python library."""

import json
import shlex
from typing import Any

from .platforms import way_to
from .records import Whole

# What the library writes itself.
WRITTEN = frozenset({"stream", "anthropic_version", "anthropic_beta"})


def as_json(value: Any) -> str:
    """Return JSON as people read it; half a surrogate pair stays an escape."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace").decode()


def as_curl(whole: Whole) -> str:
    """Return a shell command that sends the request with a key of one's own."""
    record = whole.record
    headers = {**record.headers, "content-type": "application/json"}
    lines = [f"curl {shlex.quote(record.url)}"]
    lines += [f"  {option}" for option in way_to(record.url, record.headers).curl]
    lines += [
        f"  -H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items()
    ]
    # ASCII: a shell's locale must not change what is sent.
    body = json.dumps(whole.params, indent=2)
    lines.append(f"  --no-buffer --data-binary {shlex.quote(body)}")
    return " \\\n".join(lines) + "\n"


def as_python(whole: Whole) -> str:
    """Return a program that sends the request with the `anthropic` package."""
    record = whole.record
    way = way_to(record.url, record.headers)
    params = {key: value for key, value in whole.params.items() if key not in WRITTEN}
    if way.model is not None:
        params = {"model": way.model, **params}
    names = ("anthropic-version", "anthropic-beta")
    headers = {name: record.headers[name] for name in names if name in record.headers}
    if named := whole.params.get("anthropic_beta"):
        headers["anthropic-beta"] = ",".join(named)
    base_url = record.url.removesuffix("/v1/messages")
    client = way.client or (
        f"Anthropic(  # reads ANTHROPIC_API_KEY\n    base_url={base_url!r}"
    )
    # JSON in a string, because Python spells true, false and null otherwise.
    return (
        "import json\n\n"
        "import anthropic\n\n"
        f"params = json.loads({json.dumps(json.dumps(params))})\n"
        f"client = anthropic.{client},\n"
        f"    default_headers={headers!r},\n"
        ")\n"
        "with client.messages.stream(**params) as stream:\n"
        "    for text in stream.text_stream:\n"
        '        print(text, end="", flush=True)\n'
        "print(stream.get_final_message().to_json())\n"
    )
