"""Every setting is documented, and every documented setting exists."""

import re
from pathlib import Path

from pydantic import BaseModel, Field
from pydantic_core import PydanticUndefined

from crm.config import Settings

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "settings.md"
ROW = re.compile(r"^\| `(?P<name>\w+)` \| (?P<default>[^|]*) \| (?P<meaning>.*) \|$", re.MULTILINE)
NOTHING = "なし"


def told(guide: str) -> dict[str, tuple[str, str]]:
    """What a guide says of each setting: its default and its meaning."""
    rows = [(row["name"], row["default"].strip(), row["meaning"].strip()) for row in ROW.finditer(guide)]
    names = [name for name, _default, _meaning in rows]
    assert len(names) == len(set(names)), (
        f"described twice: {sorted({n for n in names if names.count(n) > 1})}"
    )
    return {name: (default, meaning) for name, default, meaning in rows}


def true_default(model: type[BaseModel], name: str) -> str:
    """A default as the guide writes it."""
    default = model.model_fields[name].default
    if default is PydanticUndefined:
        return "./instance"
    if isinstance(default, bool):
        return str(default).lower()
    return str(default) or NOTHING


def mistakes(model: type[BaseModel], guide: str) -> list[str]:
    """What is wrong with a guide to the fields of a model."""
    known, said = set(model.model_fields), told(guide)
    return [
        *(f"{name}: not described" for name in sorted(known - said.keys())),
        *(f"{name}: described, but there is no such setting" for name in sorted(said.keys() - known)),
        *(f"{name}: no meaning given" for name, (_default, meaning) in said.items() if not meaning),
        *(
            f"{name}: the default is {true_default(model, name)}, not {default}"
            for name, (default, _meaning) in said.items()
            if name in known and default != true_default(model, name)
        ),
    ]


def test_every_setting_stands_in_the_guide_with_its_default_and_nothing_else_does() -> None:
    assert mistakes(Settings, GUIDE.read_text(encoding="utf-8")) == []


def test_every_setting_says_in_the_code_what_it_is() -> None:
    assert [name for name, one in Settings.model_fields.items() if not one.description] == []


def test_a_setting_that_the_guide_forgets_tells_wrongly_or_makes_up_is_found() -> None:
    class Planted(BaseModel):
        port: int = Field(default=8000)
        host: str = Field(default="127.0.0.1")

    guide = "| `port` | 8080 | ポート |\n| `colour` | なし |  |\n"
    assert mistakes(Planted, guide) == [
        "host: not described",
        "colour: described, but there is no such setting",
        "colour: no meaning given",
        "port: the default is 8000, not 8080",
    ]
