"""A look at the folder of an installation, its secret, its address and the program's own files."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from crm.config import SECRET_FILE, SHORTEST_SECRET, Settings
from crm.i18n import gettext as _
from crm.operations.finding import Finding, ok, warning, wrong

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
LITTLE_BYTES = 1024**3
TOO_LITTLE_BYTES = 200 * 1024**2
OTHERS = 0o077
"""Bits of a file's mode that let anybody but its owner do something with it."""

DATABASE = "meguri.sqlite3"
OWN = (SECRET_FILE, "config.toml", DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", "files", "backups")
"""What nobody but the owner has to see: secrets, the database with SQLite's own files, stored files, archives."""

VENDOR = Path(__file__).parents[1] / "static" / "vendor"
LAID = (
    "design-tokens/tokens.css",
    "fonts/biz-udpgothic/400.css",
    "fonts/biz-udpgothic/700.css",
    "ttf/BIZUDPGothic_400Regular.ttf",
    "ttf/BIZUDPGothic_700Bold.ttf",
)
"""Third-party files that pages and papers cannot do without; the build lays them."""


def look_at_folder(settings: Settings) -> Iterator[Finding]:
    """The folder, who may read what is in it, and how much room is left."""
    folder, subject = settings.instance, _("フォルダー")
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as why:
        yield wrong(
            subject,
            _("%(folder)s に書き込めません(%(why)s)。", folder=folder, why=why.strerror),
            _("このプログラムを動かす利用者が、このフォルダーを読み書きできるようにしてください。"),
        )
    else:
        yield ok(subject, _("%(folder)s に書き込めます。", folder=folder))
    for name in OWN:
        path = folder / name
        if path.exists() and path.stat().st_mode & OTHERS:
            report = wrong if name == SECRET_FILE else warning
            yield report(
                _("ファイルの権限"),
                _("%(path)s を、ほかの利用者も読める設定になっています。", path=path),
                _("chmod go= %(path)s を行ってください。", path=path),
            )
    yield _room(folder)


def _room(folder: Path) -> Finding:
    free, subject = shutil.disk_usage(folder).free, _("ディスクの空き")
    words = _("空きは%(free)s MBです。", free=f"{free // 1024**2:,}")
    if free >= LITTLE_BYTES:
        return ok(subject, words)
    advice = _("不要なファイルを消すか、ディスクを大きくしてください。いっぱいになると記録が保存できません。")
    return wrong(subject, words, advice) if free < TOO_LITTLE_BYTES else warning(subject, words, advice)


def look_at_secret(settings: Settings) -> Finding:
    """The key that signs cookies."""
    subject = _("秘密鍵")
    if not settings.weak_secret():
        return ok(subject, _("十分な長さです。"))
    report = warning if settings.sample_town else wrong
    return report(
        subject,
        _("短いか、推測されやすい秘密鍵です。なりすましてサインインされるおそれがあります。"),
        _(
            "secret_keyの設定を消して crm init を行うか、%(shortest)s文字以上のでたらめな文字列にしてください。",
            shortest=SHORTEST_SECRET,
        ),
    )


def look_at_address(settings: Settings) -> Finding:
    """The address that people open: without HTTPS, passwords travel in the clear."""
    subject, parts = _("アドレス"), urlsplit(settings.base_url)
    if parts.scheme == "https" or parts.hostname in LOCAL:
        return ok(subject, _("%(url)s で開きます。", url=settings.base_url))
    return wrong(
        subject,
        _(
            "%(url)s は暗号化されていません。パスワードや記録が読み取られるおそれがあります。",
            url=settings.base_url,
        ),
        _("HTTPSで開けるようにし、base_urlを https:// で始まるアドレスにしてください。"),
    )


def look_at_program() -> Finding:
    """Fonts and styles that the build lays beside the program."""
    subject = _("書体と見た目のファイル")
    missing = [name for name in LAID if not (VENDOR / name).is_file()]
    if not missing:
        return ok(subject, _("そろっています。"))
    return wrong(
        subject,
        _("%(count)s件が足りません(%(first)s)。", count=len(missing), first=missing[0]),
        _("めぐりを入れ直してください(pip install)。"),
    )
