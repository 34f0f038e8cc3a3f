"""JSON that fits the schema of a structured output."""

from typing import Any

from conversations.simulator.answers.question import Question, excerpt
from conversations.simulator.wire import Json


def fill_schema(schema: Json, question: Question, title: str) -> Json:
    """Return an object that fits `schema`, with words of the question in it."""
    filled = _value("", schema, schema, question, title)
    assert isinstance(filled, dict)
    return filled


def _value(name: str, schema: Json, root: Json, question: Question, title: str) -> Any:
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    if schema.get("anyOf"):
        return _value(name, schema["anyOf"][0], root, question, title)
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = kind[0]
    match kind:
        case "object":
            return {
                key: _value(key, inner, root, question, title)
                for key, inner in (schema.get("properties") or {}).items()
            }
        case "array":
            item = schema.get("items") or {"type": "string"}
            return [_value(name, item, root, question, title)]
        case "integer":
            return len(question.words)
        case "number":
            return float(len(question.words))
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return title if name == "title" else excerpt(question.text)
