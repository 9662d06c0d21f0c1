import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crm.core.problems import Problem
from crm.operations import archive
from crm.operations.archive import MANIFEST, SQLITE_PART, Manifest, Part

# Content without repetition: gzip can write a repetition in several ways, and a flipped bit may lead to another.
DATABASE = b"SQLite format 3\x00" + hashlib.shake_256(b"rows").digest(100_000)
PHOTO = b"\x89PNG" + hashlib.shake_256(b"photo").digest(50_000)


def nothing(_done: int, _total: int) -> None:
    """For reading that nobody watches."""


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


CONTENTS = {SQLITE_PART: DATABASE, f"files/{sha256(PHOTO)}": PHOTO}


def manifest() -> Manifest:
    return Manifest(
        version="0.1.0",
        engine="sqlite",
        revision="0001",
        epoch=None,
        made_at=datetime(2026, 6, 15, 1, 0, tzinfo=UTC),
        counts={"account": 1},
        parts=tuple(Part(name=name, size=len(c), sha256=sha256(c)) for name, c in CONTENTS.items()),
    )


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """An archive in which all is well."""
    sources = {}
    for number, (name, content) in enumerate(CONTENTS.items()):
        sources[name] = tmp_path / f"source-{number}"
        sources[name].write_bytes(content)
    archive.write(tmp_path / "good.tar.gz", manifest(), sources, nothing)
    return tmp_path / "good.tar.gz"


def repack(path: Path, change: Callable[[list[tuple[tarfile.TarInfo, bytes]]], Any]) -> Path:
    """The same archive with its members changed by somebody who knows tar."""
    members: list[tuple[tarfile.TarInfo, bytes]] = []
    with tarfile.open(path) as tar:
        for member in tar:
            content = tar.extractfile(member)
            members.append((member, content.read() if content else b""))
    change(members)
    target = path.with_name("changed.tar.gz")
    with tarfile.open(target, "w:gz") as tar:
        for member, given in members:
            member.size = len(given)
            tar.addfile(member, io.BytesIO(given))
    return target


def refusal(path: Path, into: Path | None = None) -> Problem:
    with pytest.raises(Problem) as refused:
        archive.read(path, nothing, into)
    return refused.value


def test_what_was_packed_is_unpacked_and_readable_by_its_owner_only(good: Path, tmp_path: Path) -> None:
    into = tmp_path / "into"
    into.mkdir()
    seen: list[tuple[int, int]] = []
    assert archive.read(good, lambda done, total: seen.append((done, total)), into) == manifest()
    photo = into / "files" / sha256(PHOTO)[:2] / sha256(PHOTO)
    assert (into / SQLITE_PART).read_bytes() == DATABASE
    assert photo.read_bytes() == PHOTO
    assert {path.stat().st_mode & 0o777 for path in (photo, into / SQLITE_PART)} == {0o600}
    assert seen[-1] == (len(DATABASE) + len(PHOTO),) * 2


def test_the_database_alone_may_be_unpacked_while_all_is_proved(good: Path, tmp_path: Path) -> None:
    archive.read(good, nothing, tmp_path, only_database=True)
    assert (tmp_path / SQLITE_PART).exists()
    assert not (tmp_path / "files").exists()


def test_any_archive_program_can_open_it(good: Path) -> None:
    with tarfile.open(good) as tar:
        assert tar.getnames() == [MANIFEST, *CONTENTS]
        told = tar.extractfile(MANIFEST)
        assert told is not None
        assert json.load(told)["counts"] == {"account": 1}


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.999])
def test_a_flipped_bit_anywhere_is_found(good: Path, share: float) -> None:
    content = bytearray(good.read_bytes())
    content[int(len(content) * share)] ^= 0x10
    good.write_bytes(content)
    assert refusal(good).code in {"backup_damaged", "backup_unreadable"}


@pytest.mark.parametrize("left", [0, 5, 200, -2000, -4])
def test_an_archive_that_was_cut_off_is_refused(good: Path, left: int) -> None:
    good.write_bytes(good.read_bytes()[:left])
    assert refusal(good).code in {"backup_damaged", "backup_unreadable"}


def test_a_file_of_another_kind_is_no_archive(tmp_path: Path) -> None:
    for number, content in enumerate((b"hello", gzip.compress(b"hello" * 500), b"PK\x03\x04" + b"0" * 900)):
        other = tmp_path / str(number)
        other.write_bytes(content)
        assert refusal(other).code in {"backup_unreadable", "backup_damaged"}


def test_an_archive_of_somebody_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("readme.txt"))
    assert refusal(path).code == "backup_unreadable"


def test_content_that_was_exchanged_is_found(good: Path) -> None:
    def exchange(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        members[1] = (members[1][0], members[1][1][:-1] + b"X")

    assert refusal(repack(good, exchange)).code == "backup_damaged"


def test_a_missing_part_is_found(good: Path) -> None:
    assert refusal(repack(good, lambda members: members.pop())).code == "backup_damaged"


@pytest.mark.parametrize("name", ["../evil", "/evil", "files/../../evil", "database.sqlite3", "evil"])
def test_a_member_that_the_manifest_does_not_name_is_never_written(
    good: Path, tmp_path: Path, name: str
) -> None:
    into = tmp_path / "deep" / "into"
    into.mkdir(parents=True)
    changed = repack(good, lambda members: members.append((tarfile.TarInfo(name), b"evil")))
    assert refusal(changed, into).code == "backup_damaged"
    assert not any(
        b"evil" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path != changed
    )


def test_a_link_in_the_place_of_a_part_is_refused(good: Path) -> None:
    def link(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        members[1][0].type, members[1][0].linkname = tarfile.SYMTYPE, "/etc/passwd"
        members[1] = (members[1][0], b"")

    assert refusal(repack(good, link)).code == "backup_damaged"


@pytest.mark.parametrize(
    "change",
    [
        {"parts": [{"name": "../evil", "size": 1, "sha256": "0" * 64}]},
        {"parts": []},
        {"parts": [{"name": SQLITE_PART, "size": 1, "sha256": "0" * 64}] * 2},
        {"engine": "oracle"},
        {"format": 2},
        {"more": True},
        {"counts": {"account": "many"}},
    ],
)
def test_a_manifest_that_says_odd_things_is_refused(good: Path, change: dict[str, Any]) -> None:
    def rewrite(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        told = {**json.loads(members[0][1]), **change}
        members[0] = (members[0][0], json.dumps(told).encode())

    assert refusal(repack(good, rewrite)).code == "backup_unreadable"
