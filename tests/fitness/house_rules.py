"""The rules of the house that no linter knows, each a function from files to the lines that break it.

They take the files as an argument so that the tests can show them broken ones.
"""

import ast
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]

FILE_LINES = 450
FUNCTION_LINES = 60

REGISTRY_HOSTS = re.compile(
    r"(registry\.(npmjs|yarnpkg)|npmjs|pypi(\.python)?|test\.pypi|pythonhosted|deb\.debian|proxy\.golang)\.(org|com)"
    r"|--(extra-)?index-url|--find[-]links|^\s*registry\s*=",
    re.MULTILINE,
)
"""Where packages come from is the affair of the machine that fetches them: the project never says it."""

OUTSIDE_PATHS = re.compile(r"(?<![\w.])/(work|root|home)/\w")
"""Paths of somebody's machine."""

TYPES_OF_LAID_FILES = (".mo", ".otf", ".ttf", ".woff", ".woff2")


def project_files(root: Path = ROOT) -> list[Path]:
    """What git holds, or would hold after `git add .`."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, capture_output=True, text=True, check=True,
    )  # fmt: skip
    files = (root / name for name in sorted(set(listing.stdout.split("\0"))) if name)
    return [file for file in files if file.is_file()]


def python_files(root: Path) -> list[Path]:
    """The Python files below a folder.

    Migrations are left out: each is a list of tables, of any length, that Alembic loads by its path.
    """
    return sorted(file for file in root.rglob("*.py") if file.parent.parts[-2:] != ("migrations", "versions"))


def long_files(files: Iterable[Path]) -> list[str]:
    """Files that have grown past the point where one looks for the second thing they do."""
    counted = ((file, len(file.read_text(encoding="utf-8").splitlines())) for file in files)
    return [f"{file}: {lines} lines, at most {FILE_LINES}" for file, lines in counted if lines > FILE_LINES]


def long_functions(files: Iterable[Path]) -> list[str]:
    """Functions that take more than a screen."""
    return [
        f"{file}:{node.lineno}: {node.name} has {lines} lines, at most {FUNCTION_LINES}"
        for file in files
        for node in functions(file)
        if (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
    ]


def imports_in_functions(files: Iterable[Path]) -> list[str]:
    """Imports that hide what a module needs until it is too late."""
    return sorted(
        {
            f"{file}:{node.lineno}: import inside {function.name}"
            for file in files
            for function in functions(file)
            for node in ast.walk(function)
            if isinstance(node, ast.Import | ast.ImportFrom)
        }
    )


def folders_without_init(package: Path) -> list[str]:
    """Folders of Python that import-linter would not see, for they are no packages."""
    folders = {file.parent for file in python_files(package)}
    return [
        f"{folder}: no __init__.py" for folder in sorted(folders) if not (folder / "__init__.py").is_file()
    ]


def registry_hosts(files: Iterable[Path]) -> list[str]:
    """Lines that say where packages are fetched from."""
    return matches(REGISTRY_HOSTS, files)


def outside_paths(files: Iterable[Path]) -> list[str]:
    """Lines that name a path of one machine."""
    return matches(OUTSIDE_PATHS, files)


def laid_files(files: Iterable[Path]) -> list[str]:
    """Files that the build makes or fetches, and that git must not hold."""
    return [str(file) for file in files if file.suffix in TYPES_OF_LAID_FILES or "vendor" in file.parts]


def third_party_imports(package: Path, own: str) -> set[str]:
    """Top-level names of all that the package imports and that is neither its own nor Python's."""
    return {name.split(".")[0] for file in python_files(package) for name in imported_names(file)} - {own}


def imported_names(file: Path) -> Iterator[str]:
    """Full names of the modules that a file imports, relative imports aside."""
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def functions(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a file, those within classes and other functions included."""
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def tree_of(file: Path) -> ast.Module:
    """The syntax of a file."""
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def matches(pattern: re.Pattern[str], files: Iterable[Path]) -> list[str]:
    """Where a pattern occurs in those of the files that are text."""
    found = []
    for file in files:
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [
            f"{file}:{text.count(chr(10), 0, hit.start()) + 1}: {hit[0]}" for hit in pattern.finditer(text)
        ]
    return found
