"""The build: versions, locks, and what the hook lays."""

import gettext
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import hatch_build
from tests.fitness.house_rules import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
VENDOR = ROOT / hatch_build.VENDOR
LOCKED = re.compile(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==([^\s;]+)", re.MULTILINE)


def newest_version(changelog: str) -> str:
    """The version as the build reads it from the text of a changelog."""
    found = re.search(PYPROJECT["tool"]["hatch"]["version"]["pattern"], changelog, re.MULTILINE)
    assert found
    return found["version"]


def locked(name: str) -> dict[str, str]:
    """Version by package of one of the locks."""
    return dict(LOCKED.findall((ROOT / f"requirements/{name}.txt").read_text(encoding="ascii")))


# ---- the version


def test_the_installed_version_is_the_newest_of_the_changelog() -> None:
    assert version("meguri") == newest_version((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))


def test_what_is_not_released_yet_has_no_version() -> None:
    changelog = (
        "# Changelog\n\n## [Unreleased]\n\n- a\n\n## [1.2.3] - 2027-01-01\n\n## [1.2.2] - 2026-12-01\n"
    )
    assert newest_version(changelog) == "1.2.3"


# ---- the locks


@pytest.mark.parametrize("name", ["run", "build", "dev", "tools"])
def test_every_locked_package_has_a_version_and_hashes(name: str) -> None:
    text = (ROOT / f"requirements/{name}.txt").read_text(encoding="ascii")
    entries = re.split(r"\n(?=\S)", text.strip())
    assert entries
    for entry in entries:
        assert LOCKED.match(entry), entry
        assert "--hash=sha256:" in entry, entry


def test_the_tests_run_on_the_very_versions_that_an_installation_runs_on() -> None:
    everything = locked("dev")
    assert locked("run").items() <= everything.items()
    for name, locked_version in locked("build").items():
        assert everything.get(name, locked_version) == locked_version, name


def test_the_declared_dependencies_are_the_locked_ones() -> None:
    declared = {one.name: one for one in map(Requirement, PYPROJECT["project"]["dependencies"])}
    wished = (ROOT / "requirements/run.in").read_text(encoding="ascii").splitlines()
    assert set(declared) == {Requirement(line).name for line in wished if not line.startswith(("#", "-"))}
    for name, locked_version in locked("run").items():
        if name in declared:
            assert locked_version in declared[name].specifier, name


def test_a_build_of_its_own_asks_for_the_packages_that_the_locked_build_has() -> None:
    asked = {one.name: one for one in map(Requirement, PYPROJECT["build-system"]["requires"])}
    for name, requirement in asked.items():
        assert locked("build")[name] in requirement.specifier


def test_the_front_end_packages_are_pinned_and_locked_at_those_versions() -> None:
    wished = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for name, pinned in {**wished["dependencies"], **wished["devDependencies"]}.items():
        assert packages[f"node_modules/{name}"]["version"] == pinned
    for name in wished["devDependencies"]:
        assert packages[f"node_modules/{name}"]["dev"], f"{name} would go into the wheel"


# ---- what the hook lays


def test_the_laid_style_sheets_name_only_fonts_that_are_there() -> None:
    for weight in hatch_build.FONT_WEIGHTS:
        sheet = VENDOR / f"fonts/biz-udpgothic/{weight}.css"
        sources = re.findall(r"src:(.*?);", sheet.read_text(encoding="utf-8"))
        assert len(sources) > 100
        for source in sources:
            name = re.fullmatch(r"\s*url\(\./(files/\S+\.woff2)\) format\('woff2'\)", source)
            assert name, source
            assert (sheet.parent / name[1]).is_file()


def test_every_laid_package_comes_with_its_licence() -> None:
    assert "--color-" in (VENDOR / "design-tokens/tokens.css").read_text(encoding="utf-8")
    for weight in ("400Regular", "700Bold"):
        assert (VENDOR / f"ttf/BIZUDPGothic_{weight}.ttf").read_bytes()[:4] == b"\0\1\0\0"
    for name in hatch_build.LICENCES.values():
        assert "Copyright" in (VENDOR / "licences" / name).read_text(encoding="utf-8")


def test_the_older_font_files_are_dropped_from_a_style_sheet() -> None:
    css = "src: url(./files/a.woff2) format('woff2'), url(./files/a.woff) format('woff');"
    assert hatch_build.without_woff(css) == "src: url(./files/a.woff2) format('woff2');"


@pytest.fixture
def fresh_tree(tmp_path: Path) -> Path:
    """A project folder whose lock npm cannot read: whoever fetches from it fails."""
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "package-lock.json").write_text("not a lock")
    (tmp_path / ".npmrc").write_text("offline=true\n")
    (tmp_path / "hatch_build.py").touch()
    return tmp_path


@pytest.mark.parametrize("for_development", [True, False])
def test_a_fetch_that_fails_says_so_and_leaves_nothing_half_laid(
    fresh_tree: Path, for_development: bool
) -> None:
    with pytest.raises(RuntimeError, match="npm could not fetch the front-end files"):
        hatch_build.lay_vendor(fresh_tree, for_development=for_development)
    assert not (fresh_tree / "crm").exists()


@pytest.mark.parametrize("for_development", [True, False])
def test_nothing_is_fetched_when_all_is_laid_for_this_lock(fresh_tree: Path, for_development: bool) -> None:
    stamp = hatch_build.digest_of(fresh_tree / "package-lock.json", fresh_tree / "hatch_build.py")
    for folder in (fresh_tree / hatch_build.VENDOR, fresh_tree / "node_modules"):
        folder.mkdir(parents=True)
        (folder / hatch_build.STAMP).write_text(stamp)
    before = sorted(fresh_tree.rglob("*"))
    hatch_build.lay_vendor(fresh_tree, for_development=for_development)  # its broken lock would make npm fail
    assert sorted(fresh_tree.rglob("*")) == before


def test_what_is_laid_anew_replaces_all_that_lay_there(tmp_path: Path) -> None:
    vendor = tmp_path / "vendor"
    vendor.mkdir()
    (vendor / "of-an-older-lock.css").touch()
    hatch_build.lay_files(ROOT / "node_modules", vendor, stamp="new")
    assert sorted(child.name for child in tmp_path.iterdir()) == ["vendor"]
    assert not (vendor / "of-an-older-lock.css").exists()
    assert hatch_build.stamp_of(vendor) == "new"


def test_a_catalogue_is_compiled_to_what_gettext_reads(tmp_path: Path) -> None:
    folder = tmp_path / "en/LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "messages.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
        'msgid "訪問先"\nmsgstr "Place"\n\n#, fuzzy\nmsgid "宿題"\nmsgstr "Homework?"\n',
        encoding="utf-8",
    )
    hatch_build.compile_catalogues(tmp_path)
    catalogue = gettext.translation("messages", tmp_path, ["en"])
    assert catalogue.gettext("訪問先") == "Place"
    assert catalogue.gettext("宿題") == "宿題"


def test_the_wheel_holds_what_git_ignores_and_leaves_out_what_only_the_tests_need(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("meguri-*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    laid = {file.relative_to(ROOT).as_posix() for file in VENDOR.rglob("*") if file.is_file()}
    assert len(laid) > 250
    assert laid <= names
    for catalogue in (ROOT / "crm/locale").glob("*/LC_MESSAGES/messages.po"):
        assert catalogue.with_suffix(".mo").relative_to(ROOT).as_posix() in names
    assert {name for name in names if name.startswith("crm/templates/")}
    assert not {
        name for name in names if re.search(r"axe|typescript|node_modules|^(tests|bench|tools)/", name)
    }


# ---- the commands


def test_ci_runs_what_everybody_runs() -> None:
    script = ROOT / ".ci/run"
    assert os.access(script, os.X_OK)
    assert script.read_text(encoding="utf-8").rstrip().endswith("\nmake test")
