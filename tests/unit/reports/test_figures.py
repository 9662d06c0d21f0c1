from datetime import date
from uuid import UUID

from crm.reports import figures
from crm.reports.figures import Counted, LineCounts, Tally
from crm.territory.models import Kind
from crm.visits.models import Met, Support, Way

HALL, OFFICE = UUID(int=1), UUID(int=2)
WORKER = str(UUID(int=3))


def counted(number: int, place: UUID | None = HALL, *supports: Support, way: Way = Way.REGULAR) -> Counted:
    return Counted(
        UUID(int=100 + number),
        date(2026, 6, number),
        way,
        Met.MET,
        place,
        "末広区" if place else "",
        Kind.DISTRICT if place else None,
        "一関" if place else "",
        WORKER,
        "千葉 さくら",
        supports,
        None,
    )


ROWS = [
    counted(1, HALL, Support.PRESENCE, Support.DIRECT),
    counted(2, HALL),
    counted(3, OFFICE, Support.PRESENCE),
    counted(4, None, way=Way.PHONE),
]


CALLED = {WORKER: "千葉 さくら"}


def counts(rows: list[Counted]) -> LineCounts:
    """The counts of rows, as they are made of what a closed month keeps."""
    return figures.grouped([row.plain() for row in rows])


def lines(key: str, rows: list[Counted] = ROWS) -> dict[str, Tally]:
    groups = counts(rows)
    made = figures.sections(groups, groups, None, territories=["一関", "花泉"], workers=CALLED)
    return {line.key: line.month for section in made if section.key == key for line in section.lines}


def test_total_counts_contacts_and_distinct_counts_places() -> None:
    assert lines("all") == {"all": Tally(4, 2)}


def test_a_contact_with_two_kinds_of_support_stands_in_both_lines() -> None:
    assert lines("support") == {
        "presence": Tally(2, 2),
        "observation": Tally(0, 0),
        "direct": Tally(1, 1),
        "none": Tally(2, 1),
    }


def test_a_territory_without_contacts_is_a_line_of_noughts() -> None:
    assert lines("territory") == {"一関": Tally(3, 2), "花泉": Tally(0, 0), "none": Tally(1, 0)}


def test_every_number_equals_the_contacts_behind_it() -> None:
    groups = counts(ROWS)
    for section in figures.sections(groups, groups, groups, territories=["一関"], workers=CALLED):
        for line in section.lines:
            behind = figures.chosen(ROWS, section.key, line.key)
            places = {row.place_id for row in behind if row.place_id}
            assert Tally(len(behind), len(places)) == line.month == line.year == line.last_year


def test_what_is_kept_as_json_comes_back_the_same() -> None:
    groups = counts(ROWS)
    made = figures.sections(groups, groups, groups, territories=["一関"], workers=CALLED)
    assert figures.from_plain(figures.plain(made)) == made
    assert [Counted.from_plain(row.plain()) for row in ROWS] == ROWS


def test_without_a_year_before_there_is_no_figure_rather_than_a_nought() -> None:
    groups = counts(ROWS)
    made = figures.sections(groups, groups, None, territories=[], workers={})
    assert {line.last_year for section in made for line in section.lines} == {None}


def test_a_place_visited_in_two_months_is_one_place_of_the_year() -> None:
    year = figures.merged([counts(ROWS[:2]), counts(ROWS[1:])])
    assert year["all"]["all"].tally() == Tally(5, 2)
    assert year["support"]["none"].tally() == Tally(3, 1)


def test_a_worker_is_a_line_by_account_and_bears_a_name() -> None:
    groups = counts(ROWS)
    made = figures.sections(groups, groups, None, territories=[], workers={**CALLED, "4": "だれか"})
    (line,) = next(section.lines for section in made if section.key == "worker")
    assert (line.key, line.name, line.month) == (WORKER, "千葉 さくら", Tally(4, 2))
