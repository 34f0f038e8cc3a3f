"""Which JSON schemas structured output accepts."""

from typing import Any

from conversations.simulator.errors import RequestRejected, invalid
from conversations.simulator.validation.shapes import a_list, an_object, join

UNSUPPORTED = frozenset(
    (
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
        *("minLength", "maxLength", "maxItems", "uniqueItems", "contains"),
        *("minContains", "maxContains", "prefixItems", "minProperties"),
        *("maxProperties", "patternProperties", "propertyNames", "oneOf", "not"),
        *("if", "then", "else", "dependentRequired", "dependentSchemas", "definitions"),
        *("unevaluatedItems", "unevaluatedProperties", "$id", "$anchor", "$dynamicRef"),
    )
)
KINDS = ("object", "array", "string", "integer", "number", "boolean", "null")
MAX_DEPTH = 32  # ours: deeper than any schema a person writes
MAX_SIZE = 2_000  # ours: schemas in schemas, references followed
# Over all schemas of a request.
MAX_OPTIONAL = 24
MAX_UNIONS = 16

type Schema = dict[str, Any]


def check_output_schema(schema: Any, path: str) -> None:
    """Check the schema of `output_config.format`."""
    an_object(schema, path)
    if schema.get("type") != "object":
        raise invalid(join(path, "type"), "Input should be 'object'")
    _Compiler(schema, path).compile()


def _too_complex(path: str) -> RequestRejected:
    return invalid(path, "Schema is too complex for compilation")


class _Compiler:
    """Follows every reference, as the real one has to."""

    def __init__(self, root: Schema, path: str) -> None:
        self._root = root
        self._path = path
        self._size = 0
        self._optional: set[str] = set()
        self._unions: set[str] = set()

    def compile(self) -> None:
        definitions = self._root.get("$defs", {})
        an_object(definitions, join(self._path, "$defs"))
        self._check(self._root, self._path, ())
        for name, inner in definitions.items():
            self._check(inner, f"{self._path}.$defs.{name}", (name,))
        if len(self._optional) > MAX_OPTIONAL or len(self._unions) > MAX_UNIONS:
            raise _too_complex(self._path)

    def _check(self, schema: Any, path: str, seen: tuple[str, ...]) -> None:
        an_object(schema, path)
        self._size += 1
        if self._size > MAX_SIZE or len(path.split(".")) > MAX_DEPTH:
            raise _too_complex(path)
        for keyword in schema:
            if keyword in UNSUPPORTED:
                raise invalid(
                    path, f"For schemas, property '{keyword}' is not supported"
                )
        if schema.get("minItems", 0) not in (0, 1):
            raise invalid(join(path, "minItems"), "Input should be 0 or 1")
        self._check_literals(schema, path)
        if "$ref" in schema:
            self._follow(schema["$ref"], path, seen)
        else:
            self._check_kind(schema, path)
        properties = schema.get("properties", {})
        an_object(properties, join(path, "properties"))
        for name, inner in properties.items():
            self._check(inner, f"{path}.properties.{name}", seen)
        if "items" in schema:
            self._check(schema["items"], f"{path}.items", seen)
        for keyword in ("anyOf", "allOf"):
            choices = schema.get(keyword, [])
            a_list(choices, join(path, keyword))
            for index, inner in enumerate(choices):
                self._check(inner, f"{path}.{keyword}.{index}", seen)

    def _check_literals(self, schema: Schema, path: str) -> None:
        values = [schema["const"]] if "const" in schema else []
        if "enum" in schema:
            a_list(schema["enum"], join(path, "enum"))
            values += schema["enum"]
            if not schema["enum"]:
                raise invalid(join(path, "enum"), "should have at least one value")
        if any(isinstance(value, dict | list) for value in values):
            raise invalid(
                path, "complex values in 'enum' and 'const' are not supported"
            )

    def _check_kind(self, schema: Schema, path: str) -> None:
        kind = schema.get("type", [])
        kinds = kind if isinstance(kind, list) else [kind]
        if not kinds and not schema.keys() & {"enum", "const", "anyOf", "allOf"}:
            raise invalid(path, "a 'type' is required")
        if any(each not in KINDS for each in kinds):
            raise invalid(join(path, "type"), f"Input should be one of {KINDS}")
        if len(kinds) > 1 or "anyOf" in schema:
            self._unions.add(path)
        if "object" not in kinds:
            return
        if schema.get("additionalProperties") is not False:
            raise invalid(
                path,
                "For 'object' type, 'additionalProperties' must be explicitly set to"
                " false",
            )
        names = list(schema.get("properties", {}))
        required = schema.get("required", [])
        a_list(required, join(path, "required"))
        if any(name not in names for name in required):
            raise invalid(join(path, "required"), "names what is no property")
        self._optional |= {f"{path}.{name}" for name in names if name not in required}

    def _follow(self, ref: Any, path: str, seen: tuple[str, ...]) -> None:
        name = str(ref).removeprefix("#/$defs/")
        target = (self._root.get("$defs") or {}).get(name)
        if target is None:
            raise invalid(join(path, "$ref"), f"'{ref}' does not name a definition")
        if name in seen:
            raise invalid(join(path, "$ref"), "recursive schemas are not supported")
        self._check(target, f"{path}.$defs.{name}", (*seen, name))
