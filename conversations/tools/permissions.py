"""Whether Claude may use a tool for a person: their own word, else the tool's default."""

from dataclasses import dataclass
from typing import Any

from conversations.models import Permission, ToolPermission

from .base import Tool
from .own import OWN


def permission_of(owner_id: Any, tool: Tool) -> Permission:
    """Return what holds for a person and a tool. Reads a row."""
    rows = ToolPermission.objects.filter(owner_id=owner_id, key=tool.permission_key)
    chosen = rows.values_list("permission", flat=True).first()
    return Permission(chosen) if chosen else tool.permission


def set_permission(owner_id: Any, key: str, permission: Permission) -> None:
    """Note a person's word on a tool."""
    ToolPermission.objects.update_or_create(
        owner_id=owner_id, key=key, defaults={"permission": permission}
    )


@dataclass(frozen=True)
class PermissionRow:
    """A tool as its person sees it, and what holds for it."""

    key: str
    title: str
    summary: str
    permission: Permission


def rows_of(owner_id: Any) -> list[PermissionRow]:
    """Return our own tools, and every other that a person has had a word on."""
    rows = ToolPermission.objects.filter(owner_id=owner_id).order_by("key")
    chosen = {row.key: Permission(row.permission) for row in rows}
    known = [
        PermissionRow(
            tool.permission_key,
            tool.title,
            tool.summary,
            chosen.pop(tool.permission_key, tool.permission),
        )
        for tool in OWN
    ]
    return known + [
        PermissionRow(key, key.partition("#")[0], "", word)
        for key, word in chosen.items()
    ]
