"""Who answers for a territory, from when to when."""

from datetime import date
from uuid import UUID

import pytest

from crm.core.problems import Conflict, Problem
from crm.territory import queries, service
from crm.territory.models import AssignmentKind
from tests.world import SINCE, Person, World

HANDOVER = date(2026, 4, 1)


def assign(
    world: World,
    person: Person,
    town: str,
    on: date,
    *,
    kind: AssignmentKind = AssignmentKind.HOLDER,
    to_on: date | None = None,
) -> None:
    with world.writing(world.manager) as session:
        service.assign(session, world.towns[town].id, person.id, kind, from_on=on, to_on=to_on)


def holders_on(world: World, town: str, on: date) -> list[str]:
    with world.reading() as session:
        return [
            row.worker
            for row in queries.assignments(session, on)
            if row.territory_id == world.towns[town].id and row.kind is AssignmentKind.HOLDER
        ]


def test_a_new_holder_follows_the_one_before_on_the_day(world: World) -> None:
    assign(world, world.other_worker, "一関", HANDOVER)
    assert holders_on(world, "一関", date(2026, 3, 31)) == [world.worker.name]
    assert holders_on(world, "一関", HANDOVER) == [world.other_worker.name]


def test_a_deputy_stands_beside_the_holder(world: World) -> None:
    assign(world, world.manager, "一関", HANDOVER, kind=AssignmentKind.DEPUTY)
    assert holders_on(world, "一関", HANDOVER) == [world.worker.name]


def test_nobody_is_assigned_twice_at_once(world: World) -> None:
    with pytest.raises(Problem, match="assignment_overlaps"):
        assign(world, world.worker, "一関", HANDOVER)


def test_a_stretch_that_ends_before_a_later_one_begins_is_no_overlap(world: World) -> None:
    assign(world, world.manager, "東山", date(2026, 6, 1))
    assign(world, world.manager, "東山", date(2026, 4, 1), to_on=date(2026, 6, 1))
    assert holders_on(world, "東山", date(2026, 5, 1)) == [world.manager.name]


def test_a_holder_is_not_put_before_one_who_is_named_for_later(world: World) -> None:
    with pytest.raises(Problem, match="later_holder_known"):
        assign(world, world.other_worker, "一関", date(2024, 1, 1))


def test_an_assignment_does_not_end_before_it_begins(world: World) -> None:
    with pytest.raises(Problem, match="ends_before_beginning"):
        assign(world, world.manager, "東山", HANDOVER, to_on=HANDOVER)


def test_an_ended_assignment_holds_until_the_day_before(world: World) -> None:
    with world.writing(world.manager) as session:
        (row,) = [
            r for r in queries.assignments(session, HANDOVER) if r.territory_id == world.towns["大東"].id
        ]
        with pytest.raises(Problem, match="before_beginning"):
            service.end_assignment(session, row.id, on=SINCE)
        service.end_assignment(session, row.id, on=HANDOVER)
    assert holders_on(world, "大東", date(2026, 3, 31)) == [world.other_worker.name]
    assert holders_on(world, "大東", HANDOVER) == []


# ---- one holder a day, and none without notice

MAY, JUNE, JULY = date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)


def stretches(world: World, town: str) -> list[tuple[str, date, date | None]]:
    """Who held a territory from when until before when, in order."""
    with world.reading() as session:
        rows = queries.assignments(session, JUNE, ended=True)
        held = [row for row in rows if row.territory_id == world.towns[town].id]
        return [(r.worker, r.from_on, r.to_on) for r in held if r.kind is AssignmentKind.HOLDER]


def row_of(world: World, town: str, person: Person, since: date) -> UUID:
    with world.reading() as session:
        return next(
            row.id
            for row in queries.assignments(session, since, ended=True)
            if (row.territory_id, row.account_id, row.from_on) == (world.towns[town].id, person.id, since)
        )


def vacant(world: World, town: str, on: date) -> tuple[date, date | None] | None:
    with world.reading() as session:
        rows = queries.assignments(session, on, ended=True)
        found = queries.vacancies_from(rows, on).get(world.towns[town].id)
        return None if found is None else (found.from_on, found.to_on)


def end(world: World, assignment: UUID, on: date) -> None:
    with world.writing(world.manager) as session:
        service.end_assignment(session, assignment, on=on)


def take_back(world: World, assignment: UUID) -> None:
    with world.writing(world.manager) as session:
        service.take_back_assignment(session, assignment, today=world.clock.today())


def test_after_a_stand_in_the_former_holder_holds_again(world: World) -> None:
    assign(world, world.other_worker, "一関", MAY, to_on=JUNE)
    worker, stand_in = world.worker.name, world.other_worker.name
    assert stretches(world, "一関") == [(worker, SINCE, MAY), (stand_in, MAY, JUNE), (worker, JUNE, None)]
    assert vacant(world, "一関", SINCE) is None


def test_the_one_who_holds_again_does_so_only_as_long_as_was_known(world: World) -> None:
    end(world, row_of(world, "一関", world.worker, SINCE), JULY)
    assign(world, world.other_worker, "一関", MAY, to_on=JUNE)
    assert stretches(world, "一関")[2] == (world.worker.name, JUNE, JULY)
    assert vacant(world, "一関", JUNE) == (JULY, None)


@pytest.mark.parametrize("on", [date(2026, 5, 20), date(2026, 6, 10)])
def test_a_stand_in_that_ends_on_another_day_gives_back_on_that_day(world: World, on: date) -> None:
    assign(world, world.other_worker, "一関", MAY, to_on=JUNE)
    end(world, row_of(world, "一関", world.other_worker, MAY), on)
    worker, stand_in = world.worker.name, world.other_worker.name
    assert stretches(world, "一関") == [(worker, SINCE, MAY), (stand_in, MAY, on), (worker, on, None)]


def test_a_stand_in_who_is_taken_back_leaves_no_trace(world: World) -> None:
    assign(world, world.other_worker, "一関", JULY, to_on=date(2026, 8, 1))
    take_back(world, row_of(world, "一関", world.other_worker, JULY))
    assert stretches(world, "一関") == [(world.worker.name, SINCE, None)]


def test_a_successor_who_is_taken_back_leaves_the_territory_to_the_one_before(world: World) -> None:
    assign(world, world.other_worker, "一関", JULY)
    take_back(world, row_of(world, "一関", world.other_worker, JULY))
    assert stretches(world, "一関") == [(world.worker.name, SINCE, None)]


def test_one_who_had_been_ended_does_not_hold_again_when_the_successor_is_taken_back(world: World) -> None:
    end(world, row_of(world, "一関", world.worker, SINCE), JULY)
    assign(world, world.other_worker, "一関", JULY)
    take_back(world, row_of(world, "一関", world.other_worker, JULY))
    assert stretches(world, "一関") == [(world.worker.name, SINCE, JULY)]
    assert vacant(world, "一関", JUNE) == (JULY, None)


def test_one_who_shall_not_hold_again_leaves_a_gap_and_no_longer_stand_in(world: World) -> None:
    assign(world, world.other_worker, "一関", MAY, to_on=JULY)
    take_back(world, row_of(world, "一関", world.worker, JULY))
    assert stretches(world, "一関")[-1] == (world.other_worker.name, MAY, JULY)
    assert vacant(world, "一関", JUNE) == (JULY, None)


def test_no_stand_in_lasts_into_a_holder_who_is_named_for_later(world: World) -> None:
    assign(world, world.manager, "一関", JUNE)
    with pytest.raises(Problem, match="later_holder_known") as refused:
        assign(world, world.other_worker, "一関", MAY, to_on=JULY)
    assert refused.value.facts == {"since": JUNE}
    assert stretches(world, "一関") == [
        (world.worker.name, SINCE, JUNE),
        (world.manager.name, JUNE, None),
    ]


def test_an_end_that_is_moved_does_not_reach_into_the_next_holder(world: World) -> None:
    end(world, row_of(world, "一関", world.worker, SINCE), MAY)
    assign(world, world.other_worker, "一関", JUNE)
    first = row_of(world, "一関", world.worker, SINCE)
    with pytest.raises(Problem, match="later_holder_known"):
        end(world, first, JULY)
    end(world, first, JUNE)
    assert stretches(world, "一関")[0] == (world.worker.name, SINCE, JUNE)


def test_the_end_of_a_deputy_does_not_reach_into_the_same_deputy_again(world: World) -> None:
    for since, until in ((SINCE, MAY), (JUNE, None)):
        assign(world, world.manager, "一関", since, kind=AssignmentKind.DEPUTY, to_on=until)
    with pytest.raises(Problem, match="assignment_overlaps"):
        end(world, row_of(world, "一関", world.manager, SINCE), JULY)


def test_a_gap_is_known_from_its_first_day_to_its_last(world: World) -> None:
    end(world, row_of(world, "一関", world.worker, SINCE), MAY)
    assign(world, world.other_worker, "一関", JUNE)
    assert vacant(world, "一関", HANDOVER) == (MAY, JUNE)
    assert vacant(world, "一関", date(2026, 5, 31)) == (MAY, JUNE)
    assert vacant(world, "一関", JUNE) is None
    assert vacant(world, "東山", JUNE) is None  # nobody ever held it: that is not a gap


def test_pages_say_from_when_a_territory_has_no_holder(world: World) -> None:
    town = f"/territories/{world.towns['一関'].id}"
    client = world.client(world.worker)
    assert "担当のいない日" not in client.get(town).text
    end(world, row_of(world, "一関", world.worker, SINCE), JULY)
    page, listed = client.get(town).text, client.get("/territories").text
    assert "この地域には担当のいない日があります。" in page
    assert "令和8年7月1日から" in page
    assert "令和8年7月1日から" in listed
    assert listed.count("担当なし") == 1
    assign(world, world.other_worker, "一関", date(2026, 8, 1))
    assert "令和8年7月1日から令和8年7月31日まで" in client.get("/territories").text
    then = client.get("/territories?on=2026-07-10").text
    assert world.worker.name not in then.partition(">一関<")[2].partition("</tr>")[0]


# ---- several territories at once


def assign_several(world: World, towns: list[str], *, account: Person, expect: int = 303, **more: str) -> str:
    answer = world.client(world.manager).post(
        "/territories/assign",
        data={
            "territories": [str(world.towns[one].id) for one in towns],
            "account": str(account.id),
            "kind": "holder",
            "from_on": "2026-07-01",
            **more,
        },
    )
    assert answer.status_code == expect
    return answer.text


def test_a_worker_is_assigned_to_several_territories_in_one_go(world: World) -> None:
    offered = world.client(world.manager).get("/territories").text
    assert f'value="{world.towns["室根"].id}"' in offered
    assign_several(world, ["室根", "川崎", "一関"], account=world.other_worker, to_on="2026-08-01")
    for town in ("室根", "川崎", "一関"):
        assert holders_on(world, town, date(2026, 7, 31)) == [world.other_worker.name]
    assert holders_on(world, "一関", date(2026, 8, 1)) == [world.worker.name]
    assign_several(world, ["室根", "川崎"], account=world.manager, kind="deputy")
    with world.reading() as session:
        rows = queries.assignments(session, JULY)
    assert sum(row.worker == world.manager.name for row in rows) == 2


def test_several_territories_are_all_assigned_or_none(world: World) -> None:
    page = assign_several(world, ["東山", "一関", "花泉"], account=world.worker, expect=422)
    assert "一関:この人は、その期間すでにこの地域の担当になっています。" in page
    assert "花泉:この人は、その期間すでにこの地域の担当になっています。" in page
    assert page.count("checked") == 4  # what was chosen is kept
    assert holders_on(world, "東山", JULY) == []


def test_no_territory_or_an_end_before_the_beginning_is_told_at_its_field(sqlite_world: World) -> None:
    page = assign_several(sqlite_world, [], account=sqlite_world.worker, expect=422)
    assert '<a href="#territories">どの地域を:地域を1つ以上選んでください。</a>' in page
    page = assign_several(sqlite_world, ["東山"], account=sqlite_world.worker, expect=422, to_on="2026-07-01")
    assert '<a href="#to_on">' in page


def test_a_worker_does_not_assign(sqlite_world: World) -> None:
    client = sqlite_world.client(sqlite_world.worker)
    assert "まとめて担当を決める" not in client.get("/territories").text
    assert client.post("/territories/assign").status_code == 403


def test_the_order_of_the_territories_is_corrected_by_their_codes(world: World) -> None:
    client, town = world.client(world.manager), world.towns["室根"]
    path = f"/territories/{town.id}/correct"
    assert 'value="06"' in client.get(path).text
    refused = client.post(path, data={"name": "室根", "code": "01"})
    assert refused.status_code == 422
    assert client.post(path, data={"name": "室根", "code": "00"}).status_code == 303
    with world.reading() as session:
        assert [one.name for one in queries.territories(session)][:2] == ["室根", "一関"]


def test_only_an_assignment_that_has_not_held_yet_is_taken_back(world: World) -> None:
    assign(world, world.manager, "東山", world.clock.today())
    with world.writing(world.manager) as session:
        rows = queries.assignments(session, world.clock.today(), ended=True)
        begun = next(row for row in rows if row.from_on == SINCE)
        fresh = next(row for row in rows if row.from_on == world.clock.today())
        with pytest.raises(Conflict, match="already_begun"):
            service.take_back_assignment(session, begun.id, today=world.clock.today())
        service.take_back_assignment(session, fresh.id, today=world.clock.today())
    assert holders_on(world, "東山", world.clock.today()) == []
