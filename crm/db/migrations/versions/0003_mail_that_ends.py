"""mail that is good until a moment: letters with one-time links end with their link."""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

from crm.db.columns import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

USUAL_LIFE = timedelta(hours=72)
"""What a one-time link lived unless a setting said otherwise, when these letters were written."""


def upgrade() -> None:
    with op.batch_alter_table("outbox_mail", schema=None) as batch_op:
        batch_op.add_column(sa.Column("good_until", UtcDateTime(), nullable=True))
    mail = sa.table(
        "outbox_mail",
        sa.column("id", sa.Uuid()),
        sa.column("unique_key", sa.String()),
        sa.column("made_at", UtcDateTime()),
        sa.column("done_at", UtcDateTime()),
        sa.column("good_until", UtcDateTime()),
    )
    waiting = sa.select(mail.c.id, mail.c.made_at).where(
        mail.c.done_at.is_(None), mail.c.unique_key.startswith("link:")
    )
    for mail_id, made_at in op.get_bind().execute(waiting).all():
        ends = sa.update(mail).where(mail.c.id == mail_id).values(good_until=made_at + USUAL_LIFE)
        op.get_bind().execute(ends)


def downgrade() -> None:
    with op.batch_alter_table("outbox_mail", schema=None) as batch_op:
        batch_op.drop_column("good_until")
