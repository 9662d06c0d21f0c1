"""What tests of the plan have in common: proposing a month, and reading its calls back."""

from datetime import date
from uuid import UUID

from sqlmodel import col, select

from crm.core.months import Month
from crm.territory.models import Kind
from crm.visits import plan_queries, plan_service
from crm.visits.models import Call, MonthPlan
from crm.visits.plan_queries import CallRow
from tests.world import District, World

JUNE, JULY = Month(2026, 6), Month(2026, 7)


def monthly(world: World) -> None:
    """Let districts be due every month, so that all that were never visited come up at once."""
    with world.writing(world.manager) as session:
        plan_service.set_interval(session, 1, kind=Kind.DISTRICT)


def propose(world: World, month: Month = JULY) -> plan_service.PlanOutcome:
    """Propose a month, in one transaction."""
    with world.writing(world.manager) as session:
        return plan_service.propose_month(session, month, today=world.clock.today(), now=world.clock.now())


def calls(world: World, month: Month = JULY) -> list[CallRow]:
    """The calls of a month by day, worker and order."""
    with world.reading() as session:
        ids = session.exec(
            select(Call.id)
            .join(MonthPlan, col(MonthPlan.id) == col(Call.plan_id))
            .where(MonthPlan.month == str(month))
            .order_by(col(Call.on), col(Call.worker_id), col(Call.position), col(Call.id))
        ).all()
        return [row for call_id in ids if (row := plan_queries.call_row(session, call_id)) is not None]


def on_one_day(world: World, day: date) -> list[UUID]:
    """Move all calls of a month to one day of the worker; their ids in order."""
    with world.writing(world.worker) as session:
        for call in calls(world, Month.of(day)):
            plan_service.move_call(session, call.id, on=day, worker_id=world.worker.id)
    return [call.id for call in calls(world, Month.of(day))]


def districts(world: World, count: int, town: str = "一関") -> list[District]:
    """Districts in a grid, about a kilometre from one another."""
    return [
        world.district(f"{town}{n}区", town, lat=38.9 + n % 7 / 100, lon=141.1 + n // 7 / 80)
        for n in range(1, count + 1)
    ]
