"""Refusals: a code and facts. Words and HTTP status are given at the edge, never here."""

from collections.abc import Iterable


class Problem(Exception):
    """Something asked for cannot be done, and the one who asked can be told why.

    `code` names the reason, `field` the input it belongs to (or None), `facts` what the words may mention.
    """

    def __init__(self, code: str, /, *, field: str | None = None, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.facts: dict[str, object] = facts

    def __str__(self) -> str:
        """Give code and field only: facts may be personal, and this text reaches logs."""
        return self.code if self.field is None else f"{self.code} ({self.field})"


class Missing(Problem):
    """There is no such thing, or none that the one who asks may know of."""


class Conflict(Problem):
    """The thing has changed meanwhile, or is known with other content."""


class Forbidden(Problem):
    """The one who asks may not do this."""


class TooMany(Problem):
    """Asked too often in too short a time."""


class TooLarge(Problem):
    """What was handed in is larger than the installation takes."""


class Problems(Problem):
    """Several problems found at once, so that a person can mend them in one go; `all` keeps their order."""

    def __init__(self, problems: Iterable[Problem], /) -> None:
        found: list[Problem] = []
        for problem in problems:
            found.extend(problem.all if isinstance(problem, Problems) else (problem,))
        if not found:
            raise ValueError("Problems without a problem")
        super().__init__("several_problems")
        self.all: tuple[Problem, ...] = tuple(found)
        self.args = (self.all,)  # so that it survives the way out of a child process (pickle)

    def __str__(self) -> str:
        return ", ".join(str(problem) for problem in self.all)
