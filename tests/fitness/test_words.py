"""Words: every Japanese text goes through gettext, and public pages have every one of them in English too."""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from crm.i18n import CATALOGUE, ENGLISH

CRM = Path(__file__).parents[2] / "crm"
TEMPLATES = sorted(path for path in CRM.glob("**/templates/**/*") if path.suffix in {".html", ".txt", ".xml"})
SAMPLES = CRM / "templates" / "design"
"""Its templates hold names and notes as they would come from the database: data, no words of ours."""

WORDED_MODULES = {"messages", "words", "forms", "views"}
"""Modules whose texts people read: by these names, as views_import.py, or inside views/."""

KANA_OR_KANJI = re.compile(r"[ぁ-ゟァ-ヺヽ-ヿー々〇〆㐀-䶿一-鿿豈-﫿ｦ-ﾝ\U00020000-\U0003ffff]")
IN_TEMPLATES = {"_", "gettext", "ngettext"}
IN_PYTHON = IN_TEMPLATES | {"_l", "lazy_gettext"}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
PUBLIC = "{# public #}"

jinja = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
jinja.newstyle_gettext = True  # type: ignore[attr-defined]  # set by the extension, as Flask-Babel does


def template_texts(node: nodes.Node) -> Iterator[tuple[int, str]]:
    """Every text of a template with its line, but those for gettext, which `{% trans %}` becomes too."""
    if isinstance(node, nodes.TemplateData):
        yield node.lineno, node.data
    elif isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.lineno, node.value
    worded = is_worded(node)
    for child in node.iter_child_nodes():
        if not (worded and isinstance(child, nodes.Const)):
            yield from template_texts(child)


def is_worded(node: nodes.Node) -> bool:
    return (
        isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in IN_TEMPLATES
    )


def bare_in_template(source: str) -> list[str]:
    """Japanese in a template that no catalogue can translate, as "line: text"."""
    return [
        found for line, text in template_texts(jinja.parse(source)) for found in japanese_lines(line, text)
    ]


def japanese_lines(line: int, text: str) -> Iterator[str]:
    for offset, part in enumerate(text.splitlines()):
        if KANA_OR_KANJI.search(part):
            yield f"{line + offset}: {part.strip()}"


def messages_of_template(source: str) -> set[str]:
    """The msgids of a template; of a plural, the first."""
    calls = (call for call in jinja.parse(source).find_all(nodes.Call) if is_worded(call))
    firsts = (call.args[0] for call in calls if call.args)
    return {first.value for first in firsts if isinstance(first, nodes.Const)}


def without_english(source: str, english: Mapping[str, tuple[str, ...]]) -> list[str]:
    """What a public template says and no English visitor could read; nothing for all other templates."""
    if source.partition("\n")[0].strip() != PUBLIC:
        return []
    return sorted(messages_of_template(source) - english.keys())


def english_words(catalogue: Path) -> dict[str, tuple[str, ...]]:
    """The finished translations of a catalogue by msgid; plurals have two."""
    with catalogue.open("rb") as lines:
        messages = [message for message in read_po(lines, locale=ENGLISH) if message.id and not message.fuzzy]
    found = {}
    for message in messages:
        one, said = message.id, message.string
        texts = (said,) if isinstance(said, str) else tuple(said or ())
        if texts and all(texts):
            found[one if isinstance(one, str) else one[0]] = texts
    return found


def wrong_placeholders(english: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Msgids whose translation names other facts; the number may be left out ("one visit")."""
    return [
        msgid
        for msgid, texts in english.items()
        for text in texts
        if set(PLACEHOLDER.findall(text)) | {"num"} != set(PLACEHOLDER.findall(msgid)) | {"num"}
    ]


def bare_in_python(source: str) -> list[str]:
    """Japanese in a module that no catalogue can translate, as "line: text"; docstrings are let be."""
    return [found for line, text in python_texts(ast.parse(source)) for found in japanese_lines(line, text)]


def python_texts(node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.lineno, node.value
    worded = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in IN_PYTHON
    for child in ast.iter_child_nodes(node):
        documents = isinstance(node, ast.Expr) and isinstance(child, ast.Constant)
        if not documents and not (worded and isinstance(child, ast.Constant)):
            yield from python_texts(child)


def worded_modules(package: Path) -> list[Path]:
    return sorted(
        path
        for path in package.rglob("*.py")
        if path.stem.split("_")[0] in WORDED_MODULES or path.parent.name in WORDED_MODULES
    )


def faults(paths: list[Path], check: Callable[[str], list[str]]) -> list[str]:
    assert paths, "nothing was looked at"
    return [f"{path.relative_to(CRM)}:{fault}" for path in paths for fault in check(path.read_text("utf-8"))]


def test_no_template_holds_japanese_that_cannot_be_translated() -> None:
    assert faults([path for path in TEMPLATES if SAMPLES not in path.parents], bare_in_template) == []


def test_every_message_of_a_public_template_has_an_english_translation() -> None:
    english = english_words(CATALOGUE)
    assert faults(TEMPLATES, lambda source: without_english(source, english)) == []
    assert any(path.read_text("utf-8").startswith(PUBLIC) for path in TEMPLATES)


def test_no_translation_names_facts_that_its_message_does_not_give() -> None:
    assert wrong_placeholders(english_words(CATALOGUE)) == []


def test_no_module_for_people_holds_japanese_that_cannot_be_translated() -> None:
    assert faults(worded_modules(CRM), bare_in_python) == []


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        ("<h1>訪問</h1>", "1: <h1>訪問</h1>"),
        ("<p>\n  {{ name }}\n  さん</p>", "3: さん</p>"),
        ('<img alt="地図">', '1: <img alt="地図">'),
        ('{{ name|default("なし") }}', "1: なし"),
        ('{% set title = "月間訪問計画" %}', "1: 月間訪問計画"),
        ('{{ _("%(n)s件", n="多") }}', "1: 多"),
        ('{{ _("訪問" ~ "先") }}', "1: 訪問"),
        ("{% if a %}{% for b in c %}{% block d %}行政区{% endblock %}{% endfor %}{% endif %}", "1: 行政区"),
        ("ｱｲｳ", "1: ｱｲｳ"),
        ("𠮷", "1: 𠮷"),
    ],
)
def test_planted_japanese_in_a_template_is_found(planted: str, found: str) -> None:
    assert bare_in_template(planted)[0] == found


@pytest.mark.parametrize(
    "fine",
    [
        '{{ _("訪問") }}',
        '<img alt="{{ _("地図") }}">',
        '{{ _("%(n)s件", n=3) }}',
        "{% trans %}訪問の{{ n }}{% endtrans %}",
        "{% trans n=places|length %}{{ n }}件{% pluralize %}{{ n }}件{% endtrans %}",
        '{{ ngettext("%(num)s件", "%(num)s件", n) }}',
        "{# 訪問の一覧 #}",
        "{{ a }} ・ {{ b }}、(c)",
    ],
)
def test_what_can_be_translated_or_is_not_read_is_let_be(fine: str) -> None:
    assert bare_in_template(fine) == []


@pytest.fixture
def half_done(tmp_path: Path) -> dict[str, tuple[str, ...]]:
    """A catalogue with one translation, one that is empty and one that nobody has looked at."""
    catalogue = tmp_path / "messages.po"
    catalogue.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "訪問"\nmsgstr "Visit"\n\nmsgid "空"\nmsgstr ""\n\n#, fuzzy\nmsgid "村"\nmsgstr "Town"\n\n'
        'msgid "%(num)s件"\nmsgid_plural "%(num)s件"\nmsgstr[0] "one visit"\nmsgstr[1] "%(num)s visits"\n',
        encoding="utf-8",
    )
    return english_words(catalogue)


@pytest.mark.parametrize(
    ("planted", "missing"),
    [
        ('{{ _("訪問") }}{{ _("電話") }}', ["電話"]),
        ("{% trans %}宿題は{{ n }}件{% endtrans %}", ["宿題は%(n)s件"]),
        ('{{ _("空") }}{{ _("村") }}', ["村", "空"]),
        ('{{ ngettext("%(num)s人", "%(num)s人", n) }}', ["%(num)s人"]),
        ('{{ _("訪問") }}{{ ngettext("%(num)s件", "%(num)s件", n) }}{{ _(label) }}', []),
    ],
)
def test_a_planted_message_without_english_is_found_on_public_pages_only(
    half_done: dict[str, tuple[str, ...]], planted: str, missing: list[str]
) -> None:
    assert without_english(f"{PUBLIC}\n{planted}", half_done) == missing
    assert without_english(planted, half_done) == []


def test_a_planted_translation_with_other_facts_is_found(half_done: dict[str, tuple[str, ...]]) -> None:
    assert wrong_placeholders(half_done) == []
    assert wrong_placeholders({"%(day)sの訪問": ("Visit of %(date)s",)}) == ["%(day)sの訪問"]
    assert wrong_placeholders({"%(day)sの訪問": ("Visit",)}) == ["%(day)sの訪問"]


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        ('TITLE = "訪問"', ["1: 訪問"]),
        ('flash(_("訪問") + "しました")', ["1: しました"]),
        ('flash(f"{name}さん")', ["1: さん"]),
        ('flash(_(f"{name}さん"))', ["1: さん"]),
        ('_("%(who)sさん", who="花子")', ["1: 花子"]),
        ('label(_l("名" "前"), hint="全角")', ["1: 全角"]),
        ('WORDS = {\n    "late": _l("遅い"),\n    "early": "早い",\n}', ["3: 早い"]),
    ],
)
def test_planted_japanese_in_a_module_is_found(planted: str, found: list[str]) -> None:
    assert bare_in_python(planted) == found


def test_docstrings_and_comments_of_a_module_may_be_in_any_language() -> None:
    source = '"""訪問"""\nclass A:\n    """人"""\n    x = 1  # 数\n    """数"""\n\ndef b():\n    """名"""\n'
    assert bare_in_python(source) == []


def test_modules_for_people_are_found_when_they_are_split(tmp_path: Path) -> None:
    for name in ("views.py", "views_import.py", "forms/record.py", "rules.py", "reviews.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [path.name for path in worded_modules(tmp_path)] == ["record.py", "views.py", "views_import.py"]
