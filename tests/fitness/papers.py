"""What can be checked of a paper without understanding it: links, commands, names in `code`, words of pages.

Each function takes texts or files and gives the places that are wrong, so that tests can show it broken ones.
"""

import ast
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import click

from tests.fitness import house_rules
from tests.fitness.house_rules import ROOT

FENCE = re.compile(
    r"^(?P<mark>```+|~~~+)(?P<language>\w*)[^\n]*\n(?P<code>.*?)^(?P=mark)\s*$", re.MULTILINE | re.DOTALL
)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (?P<text>.+?)\s*#*$", re.MULTILINE)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
SHELL = frozenset({"", "sh", "bash", "console", "ini"})
"""Languages of fenced code in which commands are looked for; unit files of systemd hold some, too."""

MAKE = re.compile(r"(?:^|[\s;&(])make ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)*)")
TARGET = re.compile(r"^([a-z][a-z-]*(?: [a-z][a-z-]*)*):(?!=)", re.MULTILINE)
CRM = re.compile(r"(?:^|[\s=/])crm(?=\s)(?P<words>[^\n|;&#)]*)")
PLACEHOLDER = re.compile(r"[A-Z]+|.*[<…].*")

NAMED_PATH = re.compile(
    r"(?P<path>(?:crm|tests|docs|tools|requirements|bench)/[\w./*-]+)(?:::(?P<name>[\w.]+))?"
)
PAGE_WORD = re.compile(r"「([^」]+)」")


def papers() -> list[Path]:
    """Every page of Markdown that git holds or would hold."""
    return [file for file in house_rules.project_files() if file.suffix == ".md"]


# ---- links


def broken_links(paper: Path, root: Path = ROOT) -> list[str]:
    """Relative links that lead to no file, or to no heading of it."""
    prose = without_code(paper.read_text(encoding="utf-8"))
    return [
        f"{paper.relative_to(root)}: {target}"
        for target in (link["target"] for link in LINK.finditer(prose))
        if not re.match(r"[a-z]+:", target) and not _leads_somewhere(paper, target)
    ]


def _leads_somewhere(paper: Path, target: str) -> bool:
    name, _hash, anchor = target.partition("#")
    file = paper.parent / name if name else paper
    if not file.exists():
        return False
    return not anchor or (file.suffix == ".md" and anchor in anchors(file.read_text(encoding="utf-8")))


def anchors(text: str) -> set[str]:
    """What the headings of a page may be linked by."""
    plain = FENCE.sub("", text)
    return {
        re.sub(r"[^\w\- ]", "", found["text"].lower()).replace(" ", "-") for found in HEADING.finditer(plain)
    }


def without_code(text: str) -> str:
    """The prose of a page: no fenced code, no spans, no comments."""
    return SPAN.sub("", COMMENT.sub("", FENCE.sub("", text)))


# ---- commands


def commands(text: str) -> Iterator[str]:
    """Lines of shell in a page: fenced ones, continued lines joined, and spans of code."""
    for block in FENCE.finditer(text):
        if block["language"] in SHELL:
            yield from re.sub(r"\\\n\s*", " ", block["code"]).splitlines()
    yield from SPAN.findall(FENCE.sub("", text))


def make_targets(makefile: str) -> set[str]:
    """The targets that a Makefile has."""
    return {name for rule in TARGET.findall(makefile) for name in rule.split()}


def unknown_targets(text: str, known: set[str]) -> list[str]:
    """Targets of make that a page names and that do not exist."""
    named = {name for line in commands(text) for call in MAKE.findall(line) for name in call.split()}
    return sorted(named - known)


def wrong_commands(text: str, program: click.Group) -> list[str]:
    """Uses of the program that it would not understand, as "line: what it does not know"."""
    calls = (found["words"] for line in commands(text) for found in CRM.finditer(line))
    return [f"crm{words.rstrip()}: {wrong}" for words in calls if (wrong := not_understood(words, program))]


def not_understood(words: str, program: click.Group) -> str | None:
    """The first word of a call that the program does not know; None where it understands all of them."""
    command: click.Command = program
    arguments: list[click.Argument] = []
    todo = shlex.split(words)
    while todo:
        word = todo.pop(0)
        if word.startswith("-"):
            option = _option(command, word.partition("=")[0])
            if option is None:
                return word
            if not option.is_flag and "=" not in word:
                todo = todo[1:]
        elif isinstance(command, click.Group):
            if word not in command.commands:
                return word
            command = command.commands[word]
            arguments = [one for one in command.params if isinstance(one, click.Argument)]
        elif not arguments or not _fits(arguments.pop(0), word):
            return word
    return None


def _option(command: click.Command, name: str) -> click.Option | None:
    known = command.get_params(click.Context(command))
    return next((one for one in known if isinstance(one, click.Option) and name in one.opts), None)


def _fits(argument: click.Argument, word: str) -> bool:
    choices = argument.type.choices if isinstance(argument.type, click.Choice) else None
    return choices is None or word in choices or bool(PLACEHOLDER.fullmatch(word))


# ---- names in the code


@dataclass(frozen=True)
class Names:
    """Names that Python files define at their top, and those inside of each class."""

    top: frozenset[str]
    inside: Mapping[str, frozenset[str]]

    def have(self, name: str) -> bool:
        """Whether `Thing`, `act` or `Thing.part` is defined."""
        owner, _dot, part = name.partition(".")
        return part in self.inside.get(owner, frozenset()) if part else name in self.top


def names_of(files: Iterable[Path]) -> Names:
    """What some files define."""
    top: set[str] = set()
    inside: dict[str, frozenset[str]] = {}
    for file in files:
        tree = house_rules.tree_of(file)
        top |= set(_defined(tree.body))
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                inside[node.name] = inside.get(node.name, frozenset()) | set(_defined(node.body))
    return Names(frozenset(top), inside)


def _defined(body: Iterable[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                yield from (one.id for one in ast.walk(target) if isinstance(one, ast.Name))


@cache
def names_of_crm() -> Names:
    """What the program defines; the sample town, which is data, aside."""
    files = house_rules.python_files(ROOT / "crm")
    return names_of(file for file in files if "demo" not in file.parts)


def wrong_names(text: str, root: Path = ROOT) -> list[str]:
    """Paths in `code` that do not exist, and names after a `::` that the file does not define."""
    wrong = []
    for span in SPAN.findall(FENCE.sub("", text)):
        found = NAMED_PATH.fullmatch(span)
        if found is None:
            continue
        files = list(root.glob(found["path"].rstrip("/")))
        if not files or (found["name"] and not names_of(files).have(found["name"])):
            wrong.append(span)
    return wrong


# ---- words


def rows(text: str) -> Iterator[tuple[str, ...]]:
    """The rows of every table of a page, headings left out."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        after = lines[number + 1] if number + 1 < len(lines) else ""
        if line.startswith("| ") and not line.startswith("| ---") and not after.startswith("| ---"):
            yield tuple(cell.strip() for cell in line.strip("| ").split(" | "))


def misplaced_words(text: str, known: Names, tables: Names, said: Callable[[str], bool]) -> list[str]:
    """What is wrong with the table of words: in use but nowhere to be found, or to come and here already.

    `known` is what the code defines, `tables` what its models do; `said` tells whether people read a text.
    """
    in_use, _heading, to_come = text.partition("\n## To come\n")
    wrong = []
    for shown, named, *_meaning in rows(in_use):
        wrong += [f"no page says: {one}" for one in _shown(shown) if not said(one)]
        wrong += [f"not in the code: {one}" for one in SPAN.findall(named) if not known.have(one)]
    for _shown_then, named, *_meaning in rows(to_come):
        wrong += [f"no longer to come: {one}" for one in SPAN.findall(named) if tables.have(one)]
    return wrong


def _shown(cell: str) -> list[str]:
    return [] if cell == "—" else cell.split(", ")


def missing_tables(text: str, models: Iterable[Path]) -> list[str]:
    """Tables of the database that the page of words leaves out."""
    told = set(SPAN.findall(text)) | {span.partition(".")[0] for span in SPAN.findall(text)}
    return sorted(name for file in models for name in _tables(file) if name not in told)


def _tables(file: Path) -> Iterator[str]:
    for node in house_rules.tree_of(file).body:
        if isinstance(node, ast.ClassDef) and any(word.arg == "table" for word in node.keywords):
            yield node.name


@cache
def texts_of_pages() -> str:
    """Everything that templates and modules say, in one text."""
    files = [*(ROOT / "crm").rglob("*.html"), *house_rules.python_files(ROOT / "crm")]
    return "\n".join(file.read_text(encoding="utf-8") for file in files if "demo" not in file.parts)


def said_on_a_page(words: str) -> bool:
    """Whether people read these words somewhere."""
    return words in texts_of_pages()


def words_no_page_says(text: str, said: Callable[[str], bool] = said_on_a_page) -> list[str]:
    """Words in 「」, which guides keep for what stands on a button or a page, that stand on none."""
    return [found for found in PAGE_WORD.findall(FENCE.sub("", text)) if not said(found)]
