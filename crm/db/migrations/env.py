"""Alembic's entry: the connection and the metadata are passed in by crm.db.migrate."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from crm.db.columns import JSON, UtcDateTime


def _render(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    if kind == "type" and isinstance(item, UtcDateTime):
        autogen.imports.add("from crm.db.columns import UtcDateTime")
        return "UtcDateTime()"
    if kind == "type" and item is JSON:
        autogen.imports.add("from crm.db.columns import JSON")
        return "JSON"
    if kind == "type" and type(item).__name__ == "AutoString":
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=context.config.attributes.get("metadata"),
    render_as_batch=True,
    render_item=_render,
    compare_type=True,
    transactional_ddl=True,
)
context.run_migrations()
