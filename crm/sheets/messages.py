"""Words for what may be wrong with a file that is read or written."""

from crm.i18n import lazy_gettext as _l

MESSAGES = {
    "file_too_large": _l("ファイルが大きすぎます(%(size_mb)s MB)。読めるのは %(limit_mb)s MB までです。"),
    "file_empty": _l("ファイルに何も入っていません。"),
    "file_kind_unknown": _l(
        "この種類のファイル(%(kind)s)は読めません。"
        "Excel で「Excel ブック(.xlsx)」か CSV として保存し直してください。"
    ),
    "file_encrypted": _l(
        "パスワードのかかったファイルは読めません。パスワードを外して保存し直してください。"
    ),
    "file_broken": _l("ファイルが壊れているため読めません。Excel で開き、別の名前で保存し直してください。"),
    "file_unpacks_too_large": _l(
        "圧縮をほどくと大きくなりすぎるファイルです。必要な行と列だけを新しいブックに写して保存してください。"
    ),
    "too_many_rows": _l(
        "行が多すぎます(%(rows)s 行)。読めるのは %(limit)s 行までです。"
        "使っていない行に書式が残っているときは、必要な行だけを新しいシートに写してください。"
    ),
    "too_many_columns": _l(
        "列が多すぎます(%(row)s 行目に %(column)s 列まであります)。読めるのは %(limit)s 列までです。"
    ),
    "too_many_cells": _l("セルが多すぎます(%(cells)s 個)。読めるのは %(limit)s 個までです。"),
    "too_much_text": _l("文字が多すぎます。読めるのは全部で %(limit)s 文字までです。"),
    "cell_too_long": _l(
        "%(cell)s(%(label)s)の文字が長すぎます。1つのセルは %(limit)s 文字までです:「%(value)s」"
    ),
    "formula_cell": _l(
        "%(cell)s(%(label)s)は計算式です。値だけを貼り付け直してください(いまの表示:「%(value)s」)。"
    ),
    "error_cell": _l("%(cell)s(%(label)s)は Excel のエラーになっています:「%(value)s」"),
    "date_out_of_range": _l("%(cell)s(%(label)s)は日付として表せません:「%(value)s」"),
    "merged_cells": _l(
        "%(cells)s(%(label)s)は結合されたセルです。結合を解いて、すべての行に値を入れてください。"
    ),
    "control_character": _l(
        "%(cell)s(%(label)s)に目に見えない制御文字(%(characters)s)があります:「%(value)s」"
    ),
    "unmapped_character": _l(
        "%(cell)s(%(label)s)に外字か文字化けした文字(%(characters)s)があります。別の字に直してください:「%(value)s」"
    ),
    "row_width": _l("%(row)s 行目は見出しより右の %(column)s 列にも値があります:「%(value)s」"),
    "quote_broken": _l('%(row)s 行目から先の引用符(")が正しく閉じられていません。'),
    "sheet_unknown": _l("「%(sheet)s」というシートはありません。このファイルのシート:%(sheets)s"),
    "sheet_ambiguous": _l("見出しの合うシートがいくつもあります。どれを読むか選んでください:%(sheets)s"),
    "sheet_missing_header": _l(
        "見出しの行が見つかりません。シートの先頭 10 行に、次の列の見出しを探しました:%(columns)s。"
        "このファイルのシート:%(sheets)s"
    ),
    "header_missing": _l(
        "見出しの行が見つかりません。先頭の 10 行に、次の列の見出しを探しました:%(columns)s"
    ),
    "column_missing": _l("「%(label)s」の列がありません。ファイルの見出し:%(headings)s"),
    "column_twice": _l(
        "「%(label)s」の列が2つあります(%(first)s 列と %(second)s 列)。どちらかを消してください。"
    ),
    "encoding_unknown": _l(
        "文字コードを読み取れません(%(row)s 行目、先頭から %(offset)s バイト目)。"
        "「CSV UTF-8」か Shift_JIS(CP932)で保存し直してください。"
    ),
    "read_timeout": _l("読むのに時間がかかりすぎたため、途中でやめました。ファイルを分けてください。"),
    "read_memory": _l("読むのにメモリーを使いすぎるため、途中でやめました。ファイルを分けてください。"),
    "more_problems": _l(
        "はじめの %(shown)s 件だけを示しました。直してからもう一度読み込むと、残りが分かります。"
    ),
    "not_in_cp932": _l(
        "Shift_JIS(CP932)では表せない文字があります:%(characters)s。UTF-8 か Excel で書き出してください。"
    ),
}
