"""JSON that fits the schema of a structured output."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conversations.simulator.answers.question import Question, excerpt
from conversations.simulator.wire import Json

type Named = Mapping[str, Sequence[str]]

FORMATS = {
    "date": "2026-11-22",
    "date-time": "2026-11-22T12:00:00Z",
    "time": "12:00:00Z",
    "duration": "PT1H",
    "email": "somebody@example.com",
    "hostname": "example.com",
    "uri": "https://example.com/",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def fill_schema(schema: Json, question: Question, named: Named) -> Json:
    """Return an object that fits `schema`, with words of the question in it.

    `named` has the texts of the fields that are known by their names.
    """
    filled = _Filler(schema, question, named).value("", schema)
    assert isinstance(filled, dict)
    return filled


@dataclass(frozen=True)
class _Filler:
    root: Json
    question: Question
    named: Named

    def value(self, name: str, schema: Json) -> Any:
        if "$ref" in schema:
            schema = self.root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return schema["enum"][0]
        if schema.get("anyOf"):
            return self.value(name, schema["anyOf"][0])
        kind = schema.get("type")
        return self._of_kind(name, schema, kind[0] if isinstance(kind, list) else kind)

    def _of_kind(self, name: str, schema: Json, kind: str | None) -> Any:
        match kind:
            case "object":
                properties = schema.get("properties") or {}
                return {
                    key: self.value(key, inner) for key, inner in properties.items()
                }
            case "array":
                return self._items(name, schema.get("items") or {"type": "string"})
            case "integer":
                return len(self.question.words)
            case "number":
                return float(len(self.question.words))
            case "boolean":
                return True
            case "null":
                return None
            case _:
                return self._text(name, schema)

    def _items(self, name: str, item: Json) -> list[Any]:
        if item == {"type": "string"} and name in self.named:
            return list(self.named[name])
        return [self.value(name, item)]

    def _text(self, name: str, schema: Json) -> str:
        if schema.get("format") in FORMATS:
            return FORMATS[schema["format"]]
        texts = self.named.get(name)
        return texts[0] if texts else excerpt(self.question.text)
