"""One interval each: no two for the same place, kind in a territory, or kind everywhere; an index for a month's counts.

Intervals that were doubled are deleted without an entry in the trail, though their table is tracked: of several that
said how often the same is called on only one could count, and the one set last stays; nobody did it whom an entry could
name; and what each said, who set it and when stands in the trail since it was set.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

EVERYWHERE = sa.text("territory_id IS NULL")


def upgrade() -> None:
    _keep_the_last_of_each()
    with op.batch_alter_table("visit_interval") as batch_op:
        batch_op.drop_index("ix_visit_interval_place_id")
        batch_op.drop_constraint("uq_visit_interval_kind_territory_id_place_id", type_="unique")
        batch_op.create_unique_constraint("uq_visit_interval_place_id", ["place_id"])
        batch_op.create_unique_constraint("uq_visit_interval_kind_territory_id", ["kind", "territory_id"])
    op.create_index(
        "uq_visit_interval_kind_everywhere",
        "visit_interval",
        ["kind"],
        unique=True,
        sqlite_where=EVERYWHERE,
        postgresql_where=EVERYWHERE,
    )
    op.create_index("ix_call_plan_id_worker_id_on_state", "call", ["plan_id", "worker_id", "on", "state"])
    op.drop_index("ix_call_plan_id", "call")


def _keep_the_last_of_each() -> None:
    """Of intervals that say how often the same is called on, the one that was set last holds: keys grow with time."""
    table = sa.table(
        "visit_interval",
        sa.column("id", sa.Uuid()),
        sa.column("kind", sa.String()),
        sa.column("territory_id", sa.Uuid()),
        sa.column("place_id", sa.Uuid()),
    )
    connection = op.get_bind()
    last: dict[tuple[object, ...], object] = {}
    doubled = []
    for row in connection.execute(sa.select(table).order_by(table.c.id)):
        same = (None, None, row.place_id) if row.place_id is not None else (row.kind, row.territory_id, None)
        if same in last:
            doubled.append(last[same])
        last[same] = row.id
    for one in doubled:
        connection.execute(sa.delete(table).where(table.c.id == one))


def downgrade() -> None:
    op.create_index("ix_call_plan_id", "call", ["plan_id"])
    op.drop_index("ix_call_plan_id_worker_id_on_state", "call")
    op.drop_index(
        "uq_visit_interval_kind_everywhere",
        "visit_interval",
        sqlite_where=EVERYWHERE,
        postgresql_where=EVERYWHERE,
    )
    with op.batch_alter_table("visit_interval") as batch_op:
        batch_op.drop_constraint("uq_visit_interval_kind_territory_id", type_="unique")
        batch_op.drop_constraint("uq_visit_interval_place_id", type_="unique")
        batch_op.create_unique_constraint(
            "uq_visit_interval_kind_territory_id_place_id", ["kind", "territory_id", "place_id"]
        )
        batch_op.create_index("ix_visit_interval_place_id", ["place_id"])
