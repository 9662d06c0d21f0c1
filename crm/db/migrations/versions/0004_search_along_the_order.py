"""Search along the order: the indexes by kana order hold the search keys too, so that a search reads nothing else."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_place_facts_kana_order", "place_facts")
    op.create_index(
        "ix_place_facts_kana_order",
        "place_facts",
        ["kana_order", "place_id", "search_key", "from_on", "to_on"],
    )
    op.drop_index("ix_person_kana_order", "person")
    op.create_index("ix_person_kana_order", "person", ["kana_order", "id", "search_key"])


def downgrade() -> None:
    op.drop_index("ix_person_kana_order", "person")
    op.create_index("ix_person_kana_order", "person", ["kana_order", "id"])
    op.drop_index("ix_place_facts_kana_order", "place_facts")
    op.create_index("ix_place_facts_kana_order", "place_facts", ["kana_order", "place_id"])
