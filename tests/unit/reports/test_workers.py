"""What a report calls two of one name."""

from datetime import date
from uuid import UUID

from crm.reports.workers import Worker, called

BEGAN = date(2024, 4, 1)


def words(*workers: tuple[str, tuple[str, ...], date]) -> list[str]:
    return list(called([Worker(UUID(int=n), *told) for n, told in enumerate(workers)]).values())


def test_a_name_that_is_the_only_one_is_left_alone() -> None:
    assert words(("千葉 さくら", ("一関",), BEGAN), ("菅原 健", (), BEGAN)) == ["千葉 さくら", "菅原 健"]


def test_two_of_one_name_are_told_apart_by_what_they_hold() -> None:
    assert words(("千葉 さくら", ("一関", "花泉"), BEGAN), ("千葉　さくら", ("大東",), BEGAN)) == [
        "千葉 さくら(一関・花泉)",
        "千葉　さくら(大東)",
    ]


def test_where_one_holds_nothing_the_day_they_began_tells_them_apart() -> None:
    assert words(("千葉 さくら", ("一関",), BEGAN), ("千葉 さくら", (), date(2026, 5, 1))) == [
        "千葉 さくら(令和6年4月1日〜)",
        "千葉 さくら(令和8年5月1日〜)",
    ]


def test_where_nothing_else_does_a_number_tells_them_apart() -> None:
    assert words(("千葉 さくら", (), BEGAN), ("千葉 さくら", (), BEGAN)) == [
        "千葉 さくら(1)",
        "千葉 さくら(2)",
    ]
