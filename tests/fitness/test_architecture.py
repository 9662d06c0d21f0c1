"""The architecture as tests: each rule holds for the tree as it is, and fails on a planted violation."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.fitness import house_rules
from tests.fitness.house_rules import ROOT

OWN_PYTHON = [
    *house_rules.python_files(ROOT / "crm"),
    *house_rules.python_files(ROOT / "bench"),
    *house_rules.python_files(ROOT / "tests"),
    *house_rules.python_files(ROOT / "tools"),
    ROOT / "hatch_build.py",
]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = {contract["id"]: contract["name"] for contract in PYPROJECT["tool"]["importlinter"]["contracts"]}

# ---- the order of the packages, held by import-linter


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the package's Python, with the contracts, to plant things in."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for file in house_rules.python_files(ROOT / "crm"):
        target = tmp_path / file.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
    return tmp_path


def plant(tree: Path, module: str, code: str) -> None:
    """Add code to a module of crm, named by its path without the suffix; one that is not there is made."""
    file = tree / "crm" / f"{module}.py"
    for package in file.relative_to(tree).parents:
        (tree / package).mkdir(exist_ok=True)
    with file.open("a", encoding="utf-8") as lines:
        lines.write(f"\n{code}\n")


def lint_imports(tree: Path) -> tuple[int, str]:
    """The exit status and the words of import-linter for the tree."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tree, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "200"},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_the_packages_as_they_are_keep_every_contract(tree: Path) -> None:
    status, words = lint_imports(tree)
    assert status == 0, words
    for name in CONTRACTS.values():
        assert f"{name} KEPT" in words


PLANTED = [
    ("order", "db/planted", "import crm.web", "crm.db is not allowed to import crm.web"),
    ("order", "core/planted", "import crm.config", "crm.core is not allowed to import crm.config"),
    ("order", "paper/planted", "import crm.sheets", "crm.paper is not allowed to import crm.sheets"),
    ("order", "web/planted", "import crm.jobs", "crm.web is not allowed to import crm.jobs"),
    ("order", "helpers", "ANSWER = 42", "- crm.helpers"),
    ("pure-core", "core/planted", "import flask", "crm.core is not allowed to import flask"),
    ("pure-core", "core/planted", "import sqlite3", "crm.core is not allowed to import sqlite3"),
    ("core-only", "sheets/planted", "import crm.i18n", "crm.sheets is not allowed to import crm.i18n"),
    ("no-request", "accounts/service", "import flask", "crm.accounts.service is not allowed to import flask"),
    (
        "no-request",
        "territory/queries",
        "import crm.web.forms",
        "crm.territory.queries is not allowed to import",
    ),
    (
        "rules-decide",
        "territory/rules",
        "import sqlmodel",
        "crm.territory.rules is not allowed to import sqlmodel",
    ),
    (
        "rules-decide",
        "visits/rules",
        "import crm.db.store",
        "crm.visits.rules is not allowed to import crm.db",
    ),
]


@pytest.mark.parametrize(("contract", "module", "code", "said"), PLANTED)
def test_a_planted_violation_breaks_its_contract(
    tree: Path, contract: str, module: str, code: str, said: str
) -> None:
    plant(tree, module, code)
    status, words = lint_imports(tree)
    assert status == 1, words
    assert f"{CONTRACTS[contract]} BROKEN" in words
    assert said in words


def test_the_three_siblings_never_know_each_other(tree: Path) -> None:
    siblings = ("handovers", "newsletters", "workshops")
    pairs = list(zip(siblings, siblings[1:] + siblings[:1], strict=True))
    for importer, imported in pairs:
        plant(tree, f"{importer}/__init__", f"import crm.{imported}")
    status, words = lint_imports(tree)
    assert status == 1, words
    for importer, imported in pairs:
        assert f"crm.{importer} is not allowed to import crm.{imported}" in words


def test_every_contract_has_a_violation_planted_against_it() -> None:
    assert {contract for contract, *_ in PLANTED} == set(CONTRACTS)


def test_the_core_knows_nothing_but_python() -> None:
    assert house_rules.third_party_imports(ROOT / "crm/core", "crm") <= sys.stdlib_module_names


def test_every_folder_of_the_package_is_seen_by_import_linter() -> None:
    assert house_rules.folders_without_init(ROOT / "crm") == []


def test_a_folder_that_is_no_package_is_found(tmp_path: Path) -> None:
    (tmp_path / "stray.py").touch()
    assert house_rules.folders_without_init(tmp_path) == [f"{tmp_path}: no __init__.py"]


# ---- what the package needs is what it says it needs


def test_every_imported_library_is_a_declared_dependency() -> None:
    declared = {re.split(r"[\[<>=]", name)[0] for name in PYPROJECT["project"]["dependencies"]}
    imported = house_rules.third_party_imports(ROOT / "crm", "crm") - sys.stdlib_module_names
    brought_by = packages_distributions()
    undeclared = {
        name
        for name in imported
        if not {one.lower().replace("_", "-") for one in brought_by[name]} & declared
    }
    assert undeclared == set()


# ---- the size and shape of files


def test_no_file_and_no_function_does_two_things() -> None:
    assert house_rules.long_files(OWN_PYTHON) == []
    assert house_rules.long_functions(OWN_PYTHON) == []


def test_a_file_and_a_function_grown_too_long_are_found(tmp_path: Path) -> None:
    planted = tmp_path / "long.py"
    planted.write_text("def endless():\n" + "    print()\n" * house_rules.FILE_LINES, encoding="utf-8")
    length = house_rules.FILE_LINES
    assert house_rules.long_files([planted]) == [f"{planted}: {length + 1} lines, at most {length}"]
    assert house_rules.long_functions([planted]) == [
        f"{planted}:1: endless has {length + 1} lines, at most 60"
    ]


def test_no_import_hides_inside_a_function() -> None:
    assert house_rules.imports_in_functions(OWN_PYTHON) == []


def test_an_import_hidden_inside_a_function_is_found(tmp_path: Path) -> None:
    planted = tmp_path / "late.py"
    planted.write_text(
        "class A:\n    async def late(self):\n        if self:\n            from os import path\n"
    )
    assert house_rules.imports_in_functions([planted]) == [f"{planted}:4: import inside late"]


# ---- what stands in git


def test_no_registry_and_no_machine_is_named_in_the_project() -> None:
    files = house_rules.project_files()
    assert len(files) > 20
    assert house_rules.registry_hosts(files) == []
    assert house_rules.outside_paths(files) == []


@pytest.mark.parametrize(
    "line",
    [
        "see https://registry.npm" + "js.org/typescript",
        "https://files.python" + "hosted.org/packages/aa/bb",
        "-" + "-index-url https://mirror.example/simple",
        "regis" + "try = https://mirror.example/",
        "install from py" + "pi.org",
    ],
)
def test_a_registry_named_in_a_file_is_found(tmp_path: Path, line: str) -> None:
    planted = tmp_path / "notes.md"
    planted.write_text(f"one\n{line}\n", encoding="utf-8")
    assert house_rules.registry_hosts([planted])[0].startswith(f"{planted}:2: ")


def test_a_path_of_one_machine_is_found(tmp_path: Path) -> None:
    planted = tmp_path / "notes.md"
    planted.write_text("kept in /ro" + "ot/notes, not in instance/root/x\n", encoding="utf-8")
    assert house_rules.outside_paths([planted]) == [f"{planted}:1: /ro" + "ot/n"]


def test_the_lock_of_the_front_end_says_what_and_never_from_where() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    fetched = {name: package for name, package in packages.items() if name}
    assert fetched
    for name, package in fetched.items():
        assert "resolved" not in package, name
        assert package["integrity"].startswith("sha512-"), name


def test_nothing_that_the_build_lays_stands_in_git() -> None:
    assert house_rules.laid_files(house_rules.project_files()) == []


def test_a_font_or_a_compiled_catalogue_in_git_is_found(tmp_path: Path) -> None:
    (tmp_path / "crm/static/vendor").mkdir(parents=True)
    planted = [
        tmp_path / name for name in ("a.ttf", "b.woff2", "crm/static/vendor/tokens.css", "messages.mo")
    ]
    for file in planted:
        file.touch()
    subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, check=True)
    found = house_rules.laid_files(house_rules.project_files(tmp_path))
    assert sorted(found) == sorted(map(str, planted))
