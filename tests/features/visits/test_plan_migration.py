"""What the migration of intervals does to rows that were doubled before it."""

import sqlalchemy as sa
from sqlmodel import select

from crm.core.ids import new_id
from crm.db import migrate
from crm.db.store import Store
from crm.territory.models import Kind
from crm.visits.models import VisitInterval

INTERVALS = sa.table(
    "visit_interval",
    sa.column("id", sa.Uuid()),
    sa.column("kind", sa.String()),
    sa.column("every_months", sa.Integer()),
)


def test_of_intervals_that_were_doubled_the_last_one_stays(empty_store: Store) -> None:
    migrate.upgrade(empty_store, "0001")
    told = [("district", 2), ("branch_office", 1), ("district", 6), ("district", 4)]
    rows = [{"id": new_id(), "kind": kind, "every_months": months} for kind, months in told]
    with empty_store.writing() as session:
        session.connection().execute(sa.insert(INTERVALS), rows)
    migrate.upgrade(empty_store, "0002")
    with empty_store.reading() as session:
        found = {row.kind: row.every_months for row in session.exec(select(VisitInterval)).all()}
    assert found == {Kind.DISTRICT: 4, Kind.BRANCH_OFFICE: 1}
    migrate.downgrade(empty_store, "0001")
    with empty_store.reading() as session:
        assert len(session.exec(select(VisitInterval)).all()) == 2
