"""Words for backup, restore and the state of an installation."""

from crm.i18n import lazy_gettext as _l
from crm.operations.steps import Step

MESSAGES = {
    "backup_missing": _l("バックアップのファイルが見つかりません。"),
    "backup_unreadable": _l("めぐりのバックアップとして読めないファイルです(%(why)s)。"),
    "backup_damaged": _l(
        "バックアップが壊れています(%(why)s)。何も変えていません。別のバックアップを使ってください。"
    ),
    "backup_newer": _l(
        "このバックアップは、いまより新しい版のめぐり(%(version)s)で作られています。"
        "めぐりを新しくしてから戻してください。何も変えていません。"
    ),
    "backup_other_engine": _l(
        "このバックアップは%(engine)sのものです。database_urlの設定と合っていません。何も変えていません。"
    ),
    "backup_other_schema": _l(
        "このバックアップはスキーマ「%(schema)s」のものですが、いまのスキーマは「%(here)s」です。"
    ),
    "installation_not_empty": _l(
        "この場所には、すでにデータがあります(%(what)s)。上書きするときは --force をつけてください。"
        "いまのデータは消さずに、日付のついたフォルダーに移します。"
    ),
    "database_in_use": _l(
        "データベースがほかのプログラムから使われています。めぐり(crm serve、crm work)を止めてから戻してください。"
    ),
    "database_damaged": _l("データベースが壊れています(%(why)s)。"),
    "database_refuses": _l("データベースに断られました(%(why)s)。"),
    "database_not_made": _l("データベースがまだありません。crm init を行ってください。"),
    "database_newer": _l(
        "データベースの版(%(known)s)が、このプログラム(%(newest)s)より新しいです。めぐりを新しい版にしてください。"
    ),
    "counts_differ": _l(
        "件数が合いません(表 %(table)s:写し %(found)s件、元 %(expected)s件)。この写しは使えません。"
    ),
    "disk_full": _l("ディスクの空きが足りません(必要 %(needed)s MB、空き %(free)s MB)。"),
    "pg_program_missing": _l(
        "%(program)s が見つかりません。PostgreSQLの利用者向けプログラム(postgresql-client)を入れてください。"
    ),
    "pg_program_failed": _l("%(program)s が失敗しました(%(why)s)。"),
}

STEPS = {
    Step.COPYING: _l("データベースを写しています"),
    Step.LOOKING: _l("ファイルを調べています"),
    Step.PACKING: _l("まとめています"),
    Step.CHECKING: _l("読み返して確かめています"),
    Step.LAYING: _l("データを戻しています"),
}

NAMES = {"backup": _l("バックアップ")}
"""What people call the long work of this package, by kind."""
