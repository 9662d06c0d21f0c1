import pickle
from datetime import date

import pytest

from crm.core.problems import Conflict, Forbidden, Missing, Problem, Problems, TooLarge, TooMany


def test_a_problem_carries_its_code_its_field_and_its_facts() -> None:
    problem = Problem("visit_in_future", field="visited_on", today=date(2026, 5, 11))
    assert problem.code == "visit_in_future"
    assert problem.field == "visited_on"
    assert problem.facts == {"today": date(2026, 5, 11)}


def test_a_fact_may_be_called_code() -> None:
    assert Problem("code_taken", code="1-3").facts == {"code": "1-3"}


def test_a_problem_belongs_to_no_field_unless_told() -> None:
    assert Problem("too_late").field is None


def test_the_text_of_a_problem_holds_no_facts_for_they_may_be_personal() -> None:
    assert str(Problem("mail_taken", field="mail", mail="hanako@example.jp")) == "mail_taken (mail)"


@pytest.mark.parametrize("kind", [Missing, Conflict, Forbidden, TooMany, TooLarge])
def test_every_kind_of_refusal_is_a_problem(kind: type[Problem]) -> None:
    with pytest.raises(Problem) as caught:
        raise kind("refused", field="file", limit=20)
    assert (caught.value.code, caught.value.field, caught.value.facts) == ("refused", "file", {"limit": 20})


def test_several_problems_keep_their_order_and_lie_flat() -> None:
    first, second, third = Problem("a"), Missing("b"), Problem("c")
    assert Problems([first, Problems([second, third])]).all == (first, second, third)


def test_several_problems_are_told_by_their_codes() -> None:
    assert str(Problems([Problem("a", field="x"), Problem("b")])) == "a (x), b"


def test_there_are_no_problems_without_a_problem() -> None:
    with pytest.raises(ValueError, match="without a problem"):
        Problems([])


def test_a_problem_leaves_a_child_process_whole() -> None:
    back = pickle.loads(pickle.dumps(TooLarge("file_too_large", field="file", limit=20)))  # noqa: S301 - our own
    assert (type(back), back.code, back.field, back.facts) == (
        TooLarge,
        "file_too_large",
        "file",
        {"limit": 20},
    )


def test_several_problems_leave_a_child_process_whole() -> None:
    back = pickle.loads(pickle.dumps(Problems([Problem("a", row=3), Missing("b")])))  # noqa: S301 - our own
    assert [(type(one), one.code, one.facts) for one in back.all] == [
        (Problem, "a", {"row": 3}),
        (Missing, "b", {}),
    ]
