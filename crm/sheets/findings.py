"""Gathering what is wrong with a file, so that it can be mended in one go."""

from collections.abc import Sequence

from crm.core.problems import Problem, Problems

MOST = 50
MOST_FORMULAS = 20


class EnoughFound(Exception):
    """So much is wrong that reading on tells nobody anything new."""


class Findings:
    """Problems of single cells. Fifty are enough, or twenty formulas, for these mostly fill a column."""

    def __init__(self) -> None:
        self._found: list[Problem] = []
        self._formulas = 0
        self._more = False

    def add(self, code: str, /, **facts: object) -> None:
        """Keep one more problem. Raises EnoughFound when the list is full."""
        if code == "formula_cell":
            self._formulas += 1
            if self._formulas > MOST_FORMULAS:
                self._more = True
                raise EnoughFound
        if len(self._found) == MOST - 1:
            self._more = True
            raise EnoughFound
        problem = Problem(code)
        problem.facts.update(facts)
        self._found.append(problem)

    def raise_any(self) -> None:
        """Raise what was found, if anything: the Problem itself when it is one, else Problems."""
        if self._found:
            more = [Problem("more_problems", shown=len(self._found))] if self._more else []
            raise_all([*self._found, *more])


def raise_all(found: Sequence[Problem]) -> None:
    """Raise these problems, one as it is, several as Problems; none raises nothing."""
    if len(found) == 1:
        raise found[0]
    if found:
        raise Problems(found)
