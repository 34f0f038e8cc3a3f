"""Statements whose SQL is composed once: for the few that every message needs.

Composing a statement costs Django five to ten times what the database takes to run it.
Each of these is still an ordinary queryset, which alone says what is meant; it is only
composed once for each kind of database and filled with other values from then on. So
it has one shape for all values: none of them may be a list, and None compares as SQL's
NULL does.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.models import AutoField, Expression, Field, Model, QuerySet
from django.db.models.constants import OnConflict
from django.db.models.sql import DeleteQuery, InsertQuery, UpdateQuery

type Values = Mapping[str, Any]
type AnyField = Field[Any, Any]
type Rows[Row] = QuerySet[Any, Row]


class Given(Expression):
    """The place in a statement of a value that is given when the statement runs."""

    def __init__(self, name: str, field: AnyField) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(
        self, compiler: Any, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[Any, ...]]:
        # It stands among the parameters itself until `_execute` puts the value there.
        return "%s", (self,)


@dataclass(frozen=True)
class _Composed:
    """SQL with its parameters, and how a row that it returns is read."""

    sql: str
    params: Sequence[Any]
    model: type[Model] | None = None
    names: Sequence[str] = ()
    converters: Sequence[tuple[int, Sequence[Callable[..., Any]], Any]] = ()


class _Prepared(ABC):
    """A statement with places in it. `fields` say what kinds of values these take."""

    def __init__(self, compose: Callable[..., Any], **fields: AnyField) -> None:
        self._compose = compose
        self._places = {name: Given(name, field) for name, field in fields.items()}
        self._composed: dict[str, _Composed] = {}

    @contextmanager
    def _execute(self, values: Values) -> Iterator[tuple[CursorWrapper, _Composed]]:
        database = connections[DEFAULT_DB_ALIAS]
        composed = self._composed.get(database.vendor)
        if composed is None:
            composed = self._prepare(self._compose(**self._places), database)
            self._composed[database.vendor] = composed
        params = [
            param.output_field.get_db_prep_value(values[param.name], database)
            if isinstance(param, Given)
            else param
            for param in composed.params
        ]
        with database.cursor() as cursor:
            cursor.execute(composed.sql, params)
            yield cursor, composed

    @abstractmethod
    def _prepare(self, meant: Any, database: BaseDatabaseWrapper) -> _Composed:
        """Return the SQL of what `compose` has returned."""


class PreparedQuery[Row](_Prepared):
    """A query that is composed once; its rows are models, or tuples of `values_list`.

    `compose` gets the place of each value and returns the queryset. Related objects
    cannot be selected along.
    """

    def __init__(self, compose: Callable[..., Rows[Row]], **fields: AnyField) -> None:
        super().__init__(compose, **fields)

    def rows(self, **values: Any) -> list[Row]:
        """Return all rows that the queryset has for these values."""
        with self._execute(values) as (cursor, composed):
            found: list[Any] = _converted(cursor.fetchall(), composed, cursor.db)
            if composed.model is None:
                found = [tuple(row) for row in found]
            else:
                alias, make = cursor.db.alias, composed.model.from_db
                found = [make(alias, composed.names, row) for row in found]
        return found

    def first(self, **values: Any) -> Row | None:
        """Return the first row, or None; for queries that find few."""
        rows = self.rows(**values)
        return rows[0] if rows else None

    def _prepare(self, meant: Rows[Row], database: BaseDatabaseWrapper) -> _Composed:
        compiler = meant.query.get_compiler(connection=database)
        sql, params = compiler.as_sql()
        columns = [column for column, *_ in compiler.select]
        return _Composed(
            sql,
            params,
            meant.model if meant.query.default_cols else None,
            [column.target.attname for column in columns],
            [
                (at, [_quicker(convert) for convert in converters], expression)
                for at, (converters, expression) in compiler.get_converters(
                    columns
                ).items()
            ],
        )


class PreparedUpdate(_Prepared):
    """An update that is composed once.

    `compose` gets the place of each value and returns the rows to change and what to
    set in them.
    """

    def __init__(
        self, compose: Callable[..., tuple[Rows[Any], Values]], **fields: AnyField
    ) -> None:
        super().__init__(compose, **fields)

    def run(self, **values: Any) -> int:
        """Change the rows and return how many they were."""
        with self._execute(values) as (cursor, _):
            count: int = cursor.rowcount
        return count

    def _prepare(
        self, meant: tuple[Rows[Any], Values], database: BaseDatabaseWrapper
    ) -> _Composed:
        rows, changes = meant
        query: Any = rows.query.chain(UpdateQuery)
        query.add_update_values(changes)
        return _Composed(*query.get_compiler(connection=database).as_sql())


class PreparedDelete(_Prepared):
    """A delete of rows that nothing refers to, composed once."""

    def __init__(self, compose: Callable[..., Rows[Any]], **fields: AnyField) -> None:
        super().__init__(compose, **fields)

    def run(self, **values: Any) -> None:
        """Delete the rows."""
        with self._execute(values):
            pass

    def _prepare(self, meant: Rows[Any], database: BaseDatabaseWrapper) -> _Composed:
        query = meant.query.chain(DeleteQuery)
        return _Composed(*query.get_compiler(connection=database).as_sql())


class PreparedInsert:
    """The insert of whole new rows, composed once; their values are no expressions.

    A row that stands already makes it fail. With `or_ignore` it stays as it is; with
    `or_update` it takes these columns of the new one, if the columns of `unique` are
    those that tell the same row.
    """

    def __init__(
        self,
        model: type[Model],
        *,
        or_ignore: bool = False,
        or_update: Sequence[str] = (),
        unique: Sequence[str] = (),
    ) -> None:
        self._model = model
        self._conflict = OnConflict.IGNORE if or_ignore else None
        self._or_update, self._unique = or_update, unique
        if or_update:
            self._conflict = OnConflict.UPDATE
        self._composed: dict[str, str] = {}

    def run(self, *rows: Model) -> None:
        """Store rows; keys that are not the database's to make are made already."""
        if not rows:
            return
        database = connections[DEFAULT_DB_ALIAS]
        sql = self._composed.get(database.vendor) or self._prepare(rows[0], database)
        params = [
            [
                field.get_db_prep_save(field.pre_save(row, add=True), database)
                for field in self._fields
            ]
            for row in rows
        ]
        with database.cursor() as cursor:
            # One by one: psycopg's executemany is a pipeline, and within one PostgreSQL
            # waits for ever for a client that was frozen, with all of its locks.
            for values in params:
                cursor.execute(sql, values)
        for row in rows:
            row._state.adding, row._state.db = False, database.alias

    @cached_property
    def _fields(self) -> list[AnyField]:
        fields = self._model._meta.concrete_fields
        return [field for field in fields if not isinstance(field, AutoField)]

    def _prepare(self, row: Model, database: BaseDatabaseWrapper) -> str:
        query = InsertQuery(
            self._model,
            on_conflict=self._conflict,
            update_fields=self._named(self._or_update),
            unique_fields=self._named(self._unique),
        )
        query.insert_values(self._fields, [row])
        [(sql, _)] = query.get_compiler(connection=database).as_sql()
        composed: str = sql
        self._composed[database.vendor] = composed
        return composed

    def _named(self, names: Iterable[str]) -> list[Any]:
        return [self._model._meta.get_field(name) for name in names]


def _quicker(convert: Callable[..., Any]) -> Callable[..., Any]:
    """Return what reads an id quicker: neighbours in a path name each other by it."""
    name = getattr(convert, "__name__", "")
    return _read_uuid if name == "convert_uuidfield_value" else convert


def _read_uuid(value: str | None, _expression: Any, _database: Any) -> UUID | None:
    return None if value is None else _uuid_of(value)


_uuid_of = lru_cache(maxsize=4096)(UUID)


def _converted(
    rows: Iterable[Any], composed: _Composed, database: BaseDatabaseWrapper
) -> list[Any]:
    """Return rows with their values as the fields have them, not the database."""
    if not composed.converters:
        return list(rows)
    found = [list(row) for row in rows]
    for row in found:
        for at, converters, expression in composed.converters:
            for convert in converters:
                row[at] = convert(row[at], expression, database)
    return found
