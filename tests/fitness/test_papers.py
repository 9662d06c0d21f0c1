"""Papers that name what does not exist are worse than none: links, commands, code and words are looked up."""

import re
from pathlib import Path

import click
import pytest

from crm.cli import main
from tests.fitness import house_rules, papers
from tests.fitness.house_rules import ROOT

ALL = papers.papers()
WORDS = (ROOT / "docs/words.md").read_text(encoding="utf-8")
GUIDES = [*sorted((ROOT / "docs/guide").glob("*.md")), ROOT / "README.md", ROOT / "README.ja.md"]
DECISIONS = sorted((ROOT / "docs/adr").glob("[0-9]*.md"))
MODELS = [file for file in house_rules.python_files(ROOT / "crm") if file.name in {"models.py", "tracked.py"}]
PARTS_OF_A_DECISION = ("## Context", "## Decision", "## Consequences")


def read(paper: Path) -> str:
    return paper.read_text(encoding="utf-8")


@pytest.mark.parametrize("paper", ALL, ids=lambda one: str(one.relative_to(ROOT)))
def test_every_link_leads_somewhere(paper: Path) -> None:
    assert papers.broken_links(paper) == []


@pytest.mark.parametrize("paper", ALL, ids=lambda one: str(one.relative_to(ROOT)))
def test_every_command_and_every_name_in_code_exists(paper: Path) -> None:
    known = papers.make_targets(read(ROOT / "Makefile"))
    assert papers.unknown_targets(read(paper), known) == []
    assert papers.wrong_commands(read(paper), main) == []
    assert papers.wrong_names(read(paper)) == []


def test_the_papers_do_name_commands_targets_and_code() -> None:
    together = "\n".join(map(read, ALL))
    assert len([one for line in papers.commands(together) for one in papers.CRM.findall(line)]) > 10
    assert len([one for line in papers.commands(together) for one in papers.MAKE.findall(line)]) > 5
    assert together.count("::") > 30


def test_every_word_in_use_is_in_the_code_and_on_a_page_and_none_to_come_is_here_yet() -> None:
    tables = papers.names_of(MODELS)
    assert papers.misplaced_words(WORDS, papers.names_of_crm(), tables, papers.said_on_a_page) == []
    assert len(list(papers.rows(WORDS))) > 40


def test_every_table_of_the_database_has_a_line_among_the_words() -> None:
    assert papers.missing_tables(WORDS, MODELS) == []


@pytest.mark.parametrize("guide", GUIDES, ids=lambda one: one.name)
def test_guides_name_buttons_and_pages_as_they_are(guide: Path) -> None:
    assert papers.words_no_page_says(read(guide)) == []


def test_decisions_are_numbered_without_a_gap_dated_and_listed() -> None:
    assert [int(file.name[:4]) for file in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    index = read(ROOT / "docs/adr/README.md")
    for file in DECISIONS:
        number, text = int(file.name[:4]), read(file)
        title = text.splitlines()[0].removeprefix(f"# {number}. ")
        assert f"| {number} | [{title}]({file.name}) |" in index
        assert re.search(r"^20\d\d-\d\d-\d\d · (accepted|replaced by)", text, re.MULTILINE), file.name
        assert [part for part in PARTS_OF_A_DECISION if part not in text] == [], file.name


# ---- each of these finds what is planted


def test_a_planted_link_to_nowhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# Other page!\n\n## 使い方 その1\n", encoding="utf-8")
    paper = tmp_path / "paper.md"
    paper.write_text(
        "[a](other.md) [b](other.md#other-page) [c](other.md#使い方-その1) [d](https://example.jp/x)\n"
        "![e](missing.png) [f](other.md#elsewhere) [g](#nothing) `[h](code.md)`\n"
        "```\n[i](fenced.md)\n```\n<!-- [j](comment.md) -->\n",
        encoding="utf-8",
    )
    assert papers.broken_links(paper, tmp_path) == [
        "paper.md: missing.png",
        "paper.md: other.md#elsewhere",
        "paper.md: #nothing",
    ]


def test_a_planted_target_that_make_does_not_have_is_found() -> None:
    makefile = "VENV := x\n.PHONY: test demo\ntest demo: set-up ## words\n\techo\nset-up:\n"
    known = papers.make_targets(makefile)
    assert known == {"test", "demo", "set-up"}
    fine = "Run `make test`, make sure it ends.\n```sh\nmake demo set-up\n```\n"
    assert papers.unknown_targets(fine, known) == []
    assert papers.unknown_targets(f"{fine}\n`make tests`\n```\ncd x && make deploy\n```\n", known) == [
        "deploy",
        "tests",
    ]


@click.group()
@click.option("--instance")
def program(instance: str | None) -> None:
    """Stand in for a program with one command."""


@program.command(name="import")
@click.argument("kind", type=click.Choice(["places"]))
@click.argument("file")
@click.option("--dry-run", is_flag=True)
@click.option("--on")
def import_(kind: str, file: str, dry_run: bool, on: str | None) -> None:
    """Import something."""


@pytest.mark.parametrize(
    "call",
    [
        "crm --help",
        "crm --instance FOLDER import places x.csv",
        "crm import KIND FILE --dry-run",
        "crm import places x.csv --on=2026-04-01 --dry-run # first look",
        "crm import --on 2026-04-01 places x.csv && echo done",
        "ExecStart=/opt/x/bin/crm import places x.csv",
    ],
)
def test_a_call_that_the_program_understands_passes(call: str) -> None:
    assert papers.wrong_commands(f"```sh\n{call}\n```\n", program) == []


@pytest.mark.parametrize(
    ("call", "wrong"),
    [
        ("crm export places", "export"),
        ("crm import planets x.csv", "planets"),
        ("crm import places x.csv y.csv", "y.csv"),
        ("crm import places x.csv --force", "--force"),
        ("crm --dry-run import places x.csv", "--dry-run"),
        ("sudo -u meguri .venv/bin/crm reset", "reset"),
    ],
)
def test_a_planted_call_that_the_program_would_refuse_is_found(call: str, wrong: str) -> None:
    assert [one.rpartition(": ")[2] for one in papers.wrong_commands(f"`{call}`", program)] == [wrong]
    assert papers.wrong_commands(f"```python\n{call}\n```\n", program) == []


def test_a_planted_name_of_what_does_not_exist_is_found(tmp_path: Path) -> None:
    (tmp_path / "crm").mkdir()
    (tmp_path / "crm/plan.py").write_text("MOST = 3\nclass Call:\n    on: int\n    def move(self): ...\n")
    fine = "`crm/plan.py` `crm/*.py` `crm/plan.py::MOST` `crm/plan.py::Call.move` `crm/plan.py::Call.on` `crm plan`"
    assert papers.wrong_names(fine, tmp_path) == []
    assert papers.wrong_names("`crm/plans.py` `crm/plan.py::Visit` `crm/plan.py::Call.end`", tmp_path) == [
        "crm/plans.py",
        "crm/plan.py::Visit",
        "crm/plan.py::Call.end",
    ]


def test_planted_words_that_are_misplaced_are_found(tmp_path: Path) -> None:
    code = tmp_path / "models.py"
    code.write_text("class Call(Base, table=True):\n    on: int\n\nclass Person(Base, table=True): ...\n")
    words = (
        "| page | in code | meaning |\n| --- | --- | --- |\n"
        "| 予定, 日付 | `Call`, `Call.on` | fine |\n| — | `Visit` | gone |\n| 訪れ | `Call.by` | wrong |\n"
        "\n## To come\n\n| page | in code | meaning |\n| --- | --- | --- |\n"
        "| 人 | `Person` | built | \n| 団体 | `Group` | not yet |\n"
    )
    known = papers.names_of([code])
    assert papers.misplaced_words(words, known, known, {"予定", "日付"}.__contains__) == [
        "not in the code: Visit",
        "no page says: 訪れ",
        "not in the code: Call.by",
        "no longer to come: Person",
    ]
    assert papers.missing_tables("`Call.on`", [code]) == ["Person"]


def test_a_planted_button_that_no_page_has_is_found() -> None:
    guide = "「今日」を開き、「送る」を押します。\n```\n「コード」\n```\n"
    assert papers.words_no_page_says(guide, {"今日"}.__contains__) == ["送る"]
