"""Every refusal of the package has words; no word is left that nobody says."""

import ast
from pathlib import Path

import crm.sheets.messages
from crm.sheets.messages import MESSAGES

PACKAGE = Path(crm.sheets.messages.__file__).parent
RAISED = {"Problem", "TooLarge", "add"}
ODD_CELLS = {"formula_cell", "error_cell", "date_out_of_range"}


def codes_in(file: Path) -> set[str]:
    """The codes that a module raises or adds to what was found."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        first = node.args[0] if node.args else None
        if name in RAISED and isinstance(first, ast.Constant) and isinstance(first.value, str):
            found.add(first.value)
    return found


def test_the_codes_of_the_package_and_the_words_for_them_are_the_same() -> None:
    raised = set().union(*(codes_in(file) for file in PACKAGE.glob("*.py")))
    assert raised | ODD_CELLS == set(MESSAGES)
