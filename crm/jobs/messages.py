"""Words for the problems of long work and mail, and names of states."""

from crm.i18n import lazy_gettext as _l
from crm.jobs import rules
from crm.jobs.models import State

MESSAGES = {
    "not_allowed_any_more": _l("この作業を頼む権限がありません。"),
    "job_crashed": _l(
        "プログラムの不具合で止まりました。もう一度試しても止まるときは、"
        "記録番号 %(reference)s をシステム管理者に伝えてください。"
    ),
    "job_died": _l(
        "作業中のプログラムが%(tries)s回続けて途中で終わったため、やめました。"
        "メモリやディスクの空きを確かめてから、もう一度試してください。"
    ),
    "job_cleared": _l(
        "%(days)s日のあいだ使われなかったため、ファイルを消しました。必要なときは、はじめからやり直してください。"
    ),
    "job_not_over": _l("この作業は、順番待ちか実行中か完了済みのため、やり直しはできません。"),
    "recipient_unreadable": _l("宛先のメールアドレスの形が正しくありません。"),
    "time_unreadable": _l("「%(text)s」は時刻として読めません。例:02:30"),
}

NAMES = {"housekeeping": _l("使われなかったものの片付け")}
"""What people call the long work of this package, by kind."""

CANCELLED = {
    rules.DROPPED: _l("人が取り消しました。"),
    rules.EXPIRED: _l("送れないうちに、中のリンクの期限が過ぎました。"),
    rules.VOID: _l("中のリンクが、使われたか、新しいリンクに替わりました。"),
    rules.RESTORED: _l(
        "バックアップから戻したため、中のリンクが使えなくなりました。新しいリンクを送ってください。"
    ),
}
"""Why a mail was never sent."""

STATE_NAMES = {
    State.WAITING: _l("順番待ち"),
    State.RUNNING: _l("実行中"),
    State.DONE: _l("完了"),
    State.FAILED: _l("失敗"),
    State.STOPPED: _l("中止"),
}

STATE_KINDS = {
    State.WAITING: "plain",
    State.RUNNING: "info",
    State.DONE: "success",
    State.FAILED: "error",
    State.STOPPED: "warning",
}
"""Which tag of the design shows a state."""
