"""What is stored, read past the servers: SQLite and PostgreSQL alike."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

type Row = dict[str, Any]


@dataclass(frozen=True)
class Rows:
    """Reads rows, each time through a new connection. Ids are text with hyphens."""

    ask: Callable[[str], list[Row]]

    def turns(self) -> dict[str, Row]:
        """Return every turn by its id; `is_leased` says that its owner lives."""
        rows = self.ask(
            "SELECT id, client_id, conversation_id, user_message_id, state, owner,"
            " epoch, reruns, stop_reason, error,"
            " lease_expires_at > CURRENT_TIMESTAMP AS is_leased"
            " FROM conversations_turn ORDER BY id"
        )
        return {row["id"]: row for row in rows}

    def messages(self) -> dict[str, Row]:
        """Return every message by its id."""
        rows = self.ask(
            "SELECT id, conversation_id, turn_id, role, text, content, round"
            " FROM conversations_message ORDER BY id"
        )
        return {row["id"]: row for row in rows}

    def answers(self) -> dict[str, str]:
        """Return the stored text of each turn that has an answer."""
        texts: dict[str, str] = {}
        for row in sorted(self.messages().values(), key=lambda row: row["round"]):
            if row["role"] == "assistant":
                texts[row["turn_id"]] = texts.get(row["turn_id"], "") + row["text"]
        return texts

    def usage(self) -> list[Row]:
        """Return every usage row of an answer; a title is paid for apart."""
        return self.ask(
            "SELECT turn_id, round, attempt, upstream_message_id, is_estimated"
            " FROM conversations_usagerecord WHERE purpose = 'answer' ORDER BY id"
        )

    def checkpoints(self) -> list[Row]:
        """Return what is saved of running turns."""
        return self.ask(
            "SELECT turn_id, round, block FROM conversations_checkpoint ORDER BY id"
        )


def open_rows(address: str) -> Rows:
    """Return the rows of a PostgreSQL URL or of an SQLite file."""
    ask = _ask_postgres if address.startswith("postgres://") else _ask_sqlite
    return Rows(lambda query: [_plain(row) for row in ask(address, query)])


def _ask_postgres(url: str, query: str) -> list[Row]:
    with psycopg.connect(url, row_factory=dict_row) as connection:
        return connection.execute(query.encode()).fetchall()


def _ask_sqlite(path: str, query: str) -> list[Row]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(query)]


def _plain(row: Row) -> Row:
    return {name: _plain_value(name, value) for name, value in row.items()}


def _plain_value(name: str, value: Any) -> Any:
    if value is not None and (name == "id" or name.endswith("_id")) and _is_key(value):
        return str(UUID(str(value)))
    if name in ("content", "block", "error") and isinstance(value, str):
        return json.loads(value)
    return value


def _is_key(value: Any) -> bool:
    return isinstance(value, UUID) or (isinstance(value, str) and len(value) == 32)
