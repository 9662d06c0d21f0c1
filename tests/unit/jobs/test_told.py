import json
from datetime import UTC, date, datetime
from uuid import UUID

from crm.core.months import FiscalYear, Month
from crm.core.problems import Missing, Problem, Problems
from crm.jobs.told import kept, told_again


def through_json(problem: Problem) -> Problem:
    return told_again(json.loads(json.dumps(kept(problem))))


def test_a_problem_keeps_its_facts_and_their_kinds() -> None:
    facts: dict[str, object] = {
        "day": date(2026, 5, 11),
        "month": Month(2026, 5),
        "year": FiscalYear(2026),
        "rows": 12,
        "ratio": 0.5,
        "name": "髙橋",
        "none": None,
        "days": [date(2026, 5, 11), date(2026, 5, 12)],
    }
    again = through_json(Missing("place_missing", field="place", **facts))
    assert (again.code, again.field, again.facts) == ("place_missing", "place", facts)


def test_facts_that_json_does_not_know_become_text() -> None:
    given = Problem(
        "odd",
        id=UUID(int=1),
        moment=datetime(2026, 5, 10, 20, 0, tzinfo=UTC),
        names={"b", "a"},
        row={"col": 1},
    )
    assert through_json(given).facts == {
        "id": "00000000-0000-0000-0000-000000000001",
        "moment": date(2026, 5, 11),  # the day it was in Japan
        "names": ["a", "b"],
        "row": '{"col":1}',
    }


def test_several_problems_stay_several() -> None:
    again = through_json(Problems([Problem("one", row=1), Problem("two", row=2)]))
    assert isinstance(again, Problems)
    assert [(p.code, p.facts["row"]) for p in again.all] == [("one", 1), ("two", 2)]
