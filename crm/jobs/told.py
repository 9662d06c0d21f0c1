"""Problems as a job keeps them: in a JSON column today, in words on a page later."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from crm.core.canonical import canonical_json
from crm.core.clock import tokyo_day
from crm.core.months import FiscalYear, Month
from crm.core.problems import Problem, Problems

_DAY, _MONTH, _YEAR = "day", "month", "year"


def kept(problem: Problem) -> dict[str, Any]:
    """A problem as JSON can hold it."""
    told: dict[str, Any] = {"code": problem.code, "field": problem.field}
    told["facts"] = {name: _kept_fact(fact) for name, fact in problem.facts.items()}
    if isinstance(problem, Problems):
        told["all"] = [kept(one) for one in problem.all]
    return told


def told_again(stored: Mapping[str, Any]) -> Problem:
    """The problem that was kept, with its days and months as such, so that they are said in the right way."""
    if stored.get("all"):
        return Problems(told_again(one) for one in stored["all"])
    facts = {name: _fact_again(fact) for name, fact in (stored.get("facts") or {}).items()}
    return Problem(str(stored.get("code", "")), field=stored.get("field"), **facts)


def _kept_fact(fact: object) -> Any:
    if isinstance(fact, datetime):
        return {_DAY: tokyo_day(fact).isoformat()}
    if isinstance(fact, date):
        return {_DAY: fact.isoformat()}
    if isinstance(fact, Month):
        return {_MONTH: str(fact)}
    if isinstance(fact, FiscalYear):
        return {_YEAR: fact.year}
    if isinstance(fact, list | tuple):
        return [_kept_fact(one) for one in fact]
    if isinstance(fact, set | frozenset):
        return [_kept_fact(one) for one in sorted(fact, key=str)]
    if fact is None or isinstance(fact, str | int | float):
        return fact
    return canonical_json(fact) if isinstance(fact, Mapping) else str(fact)


def _fact_again(fact: Any) -> Any:
    if isinstance(fact, list):
        return [_fact_again(one) for one in fact]
    if not isinstance(fact, Mapping):
        return fact
    if _DAY in fact:
        return date.fromisoformat(fact[_DAY])
    return Month.parse(fact[_MONTH]) if _MONTH in fact else FiscalYear(fact[_YEAR])
