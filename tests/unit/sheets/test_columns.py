import pytest

from crm.core.problems import Problem, Problems
from crm.sheets.columns import Column, find_header, match_header

COLUMNS = (
    Column("name", "行政区名", ("区名", "名称"), required=True),
    Column("town", "旧市町村", required=True),
    Column("older", "65歳以上(人)"),
)


@pytest.mark.parametrize("heading", ["行政区名", " 行政 区名　", "行政区名*", "※区名", "名\n称"])
def test_a_column_is_known_by_its_label_and_its_synonyms_however_they_are_set(heading: str) -> None:
    assert match_header(["番号", heading, "旧市町村"], COLUMNS) == {"name": 1, "town": 2}


@pytest.mark.parametrize("heading", ["６５歳以上（人）", "65歳以上 (人)", "65歳以上(人)"])
def test_full_width_figures_and_brackets_are_the_same(heading: str) -> None:
    assert match_header([heading, "区名", "旧市町村"], COLUMNS)["older"] == 0


def test_a_heading_with_something_more_in_brackets_is_another_one() -> None:
    with pytest.raises(Problem) as caught:
        match_header(["区名(カナ)", "旧市町村"], COLUMNS)
    assert caught.value.facts["label"] == "行政区名"


def test_everything_wrong_with_a_header_is_told_at_once() -> None:
    with pytest.raises(Problems) as caught:
        match_header(["65歳以上(人)", "６５歳以上（人）"], COLUMNS)
    assert [(problem.code, problem.facts["label"]) for problem in caught.value.all] == [
        ("column_missing", "行政区名"),
        ("column_missing", "旧市町村"),
        ("column_twice", "65歳以上(人)"),
    ]


def test_the_row_with_most_headings_is_the_header_the_first_of_equals() -> None:
    rows = [["区名"], ["", "区名", "旧市町村"], ["末広", "一関"], ["区名", "旧市町村"]]
    found = find_header(rows, COLUMNS)
    assert found is not None
    assert found[0] == 1


def test_a_single_word_found_by_chance_is_no_header() -> None:
    columns = [Column(word, word, required=True) for word in ("区名", "旧市町村", "緯度")]
    assert find_header([["区名", "について"], ["ご案内"]], columns) is None
    assert find_header([["区名", "緯度"]], columns) is not None
