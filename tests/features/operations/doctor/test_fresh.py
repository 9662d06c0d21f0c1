"""An installation that `crm init` has just made is in order."""

import os
import subprocess
import sys
from pathlib import Path

from crm.operations.look_folder import OTHERS

LONG = "あ" * 121


def crm(instance: Path, *arguments: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
    """Run the command, as somebody whose own umask lets everybody read."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CRM_")}
    return subprocess.run(
        [sys.executable, "-c", "from crm.cli import main; main()", "--instance", str(instance), *arguments],
        input=typed,
        capture_output=True,
        text=True,
        env=kept,
        umask=0o022,
        check=False,
    )


def founded(instance: Path, name: str = "まちの支援室", mail: str = "m@example.jp") -> tuple[str, str, str]:
    """What `crm init` answers: its status and its words."""
    ran = crm(instance, "init", "--name", name, "--manager", "佐々木 みどり", "--mail", mail)
    return str(ran.returncode), ran.stdout, ran.stderr


def test_the_doctor_finds_nothing_wrong_right_after_init(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    assert founded(instance)[0] == "0"
    looked = crm(instance, "doctor")
    assert looked.returncode == 0, looked.stdout
    assert "×" not in looked.stdout
    assert "権限" not in looked.stdout


def test_what_init_makes_is_for_its_owner_only(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    founded(instance)
    crm(instance, "backup")
    made = [instance, *instance.rglob("*")]
    assert len(made) > 3
    assert [path.name for path in made if path.stat().st_mode & OTHERS] == []


def test_a_name_that_is_too_long_is_refused_at_its_option_and_nothing_is_made(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    status, _said, refused = founded(instance, name=LONG)
    assert status == "2"
    assert "'--name': 120文字までで入力してください。" in refused
    status, _said, refused = founded(instance, mail="m@")
    assert "'--mail': メールアドレスの形になっていません。" in refused
    assert not instance.exists()


def test_what_is_typed_wrong_is_asked_for_again(tmp_path: Path) -> None:
    lines = (LONG, "まちの支援室", "佐々木 みどり", "m", "m@example.jp")
    ran = crm(tmp_path / "instance", "init", typed="\n".join(lines) + "\n")
    assert ran.returncode == 0, ran.stderr
    assert "まちの支援室 を登録しました。" in ran.stdout
