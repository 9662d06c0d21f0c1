from datetime import UTC, date, datetime
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from flask import Flask, render_template_string, request, session
from flask.testing import FlaskClient

from crm.core.months import FiscalYear, Month
from crm.i18n import FILTERS, LANGUAGES, gettext, init_i18n, language, lazy_gettext, ngettext

DAY = date(2026, 5, 11)
AFTERNOON = datetime(2026, 5, 11, 5, 5, tzinfo=UTC)
PAST_MIDNIGHT_IN_TOKYO = datetime(2026, 5, 11, 15, 30, tzinfo=UTC)
PUBLIC = {"front", "remember", "plain"}
NAME = lazy_gettext("めぐり")


def front() -> str:
    return render_template_string(
        "{{ _('めぐり') }} {{ lang }} {% for one in language_links %}{{ one.url }} {% endfor %}"
    )


def office() -> str:
    return render_template_string("{{ _('めぐり') }} {{ lang }} {{ language_links|length }}")


def remember() -> str:
    session["lang"] = "en"
    return ""


def plain() -> tuple[str, dict[str, str]]:
    return "a,b", {"Content-Type": "text/csv"}


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__)
    app.secret_key = "known to this test"
    for view in (front, office, remember, plain):
        app.add_url_rule(f"/{view.__name__}", view_func=view)
    init_i18n(app, is_public=lambda: request.endpoint in PUBLIC)
    return app


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    return app.test_client()


def test_pages_are_japanese_unless_asked_otherwise(visitor: FlaskClient) -> None:
    assert visitor.get("/front").text.startswith("めぐり ja")
    assert visitor.get("/front", headers={"Accept-Language": "en"}).text.startswith("めぐり ja")


def test_a_public_page_is_english_for_those_who_ask(visitor: FlaskClient) -> None:
    assert visitor.get("/front?lang=en").text.startswith("Meguri en")


def test_who_asked_for_english_once_goes_on_in_english_until_asking_for_japanese(
    visitor: FlaskClient,
) -> None:
    visitor.get("/front?lang=en")
    assert visitor.get("/front").text.startswith("Meguri en")
    visitor.get("/front?lang=ja")
    assert visitor.get("/front").text.startswith("めぐり ja")


def test_the_choice_is_kept_in_a_cookie_that_no_script_reads(visitor: FlaskClient) -> None:
    kept = visitor.get("/front?lang=en", base_url="https://crm.example.jp").headers["Set-Cookie"]
    assert kept.startswith("lang=en;")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(kept.split("; "))


def test_the_session_can_ask_for_english(visitor: FlaskClient) -> None:
    visitor.get("/remember")
    assert visitor.get("/front").text.startswith("Meguri en")
    assert visitor.get("/front?lang=ja").text.startswith("めぐり ja")


def test_the_office_stays_japanese_whatever_is_asked(visitor: FlaskClient) -> None:
    visitor.get("/remember")
    visitor.set_cookie("lang", "en")
    answer = visitor.get("/office?lang=en")
    assert answer.text == "めぐり ja 0"
    assert not any(cookie.startswith("lang=") for cookie in answer.headers.getlist("Set-Cookie"))


@pytest.mark.parametrize("asked", ["de", "", "EN", "en_US", "../en", "en%00"])
def test_a_language_that_does_not_exist_is_not_heard(visitor: FlaskClient, asked: str) -> None:
    answer = visitor.get(f"/front?lang={asked}")
    assert answer.text.startswith("めぐり ja")
    assert "Set-Cookie" not in answer.headers


def test_a_public_page_links_to_itself_in_every_language_and_keeps_what_was_asked(
    visitor: FlaskClient,
) -> None:
    urls = visitor.get("/front?next=/office&lang=en").text.split()[2:]
    assert [urlsplit(url.replace("&amp;", "&")).query for url in urls] == [
        f"next=%2Foffice&lang={code}" for code in LANGUAGES
    ]


def test_caches_are_told_that_public_pages_differ_by_cookie(visitor: FlaskClient) -> None:
    assert "Cookie" in visitor.get("/front").headers["Vary"]


def test_files_say_nothing_of_languages(visitor: FlaskClient) -> None:
    answer = visitor.get("/plain?lang=en")
    assert "Vary" not in answer.headers


def test_a_lazy_message_speaks_the_language_of_whoever_shows_it(app: Flask) -> None:
    with app.test_request_context("/front?lang=en"):
        assert str(NAME) == "Meguri"
    with app.test_request_context("/front"):
        assert str(NAME) == "めぐり"


def test_outside_of_a_request_everything_is_japanese(app: Flask) -> None:
    assert (language(), gettext("めぐり"), str(NAME)) == ("ja", "めぐり", "めぐり")
    with app.app_context():
        assert (language(), gettext("めぐり"), FILTERS["wareki"](DAY)) == ("ja", "めぐり", "令和8年5月11日")


def test_a_message_without_a_translation_is_shown_in_japanese(app: Flask) -> None:
    with app.test_request_context("/front?lang=en"):
        assert gettext("訳のない%(what)s", what="文") == "訳のない文"
        assert ngettext("%(num)s件の文", "%(num)s件の文", 2) == "2件の文"


JAPANESE_FORMS = [
    ("wareki", DAY, "令和8年5月11日"),
    ("wareki", PAST_MIDNIGHT_IN_TOKYO, "令和8年5月12日"),
    ("wareki_short", DAY, "R8.5.11"),
    ("wareki_day", DAY, "令和8年5月11日(月)"),
    ("wareki_month", DAY, "令和8年5月"),
    ("wareki_month", Month(2026, 5), "令和8年5月"),
    ("fiscal", DAY, "令和8年度"),
    ("fiscal", Month(2026, 3), "令和7年度"),
    ("fiscal", FiscalYear(2019), "令和元年度"),
    ("number", 105238, "105,238"),
    ("number", Decimal("1234.50"), "1,234.50"),
    ("number", 0, "0"),
    ("clock", AFTERNOON, "14:05"),
    ("clock", PAST_MIDNIGHT_IN_TOKYO, "00:30"),
    ("moment", AFTERNOON, "令和8年5月11日 14:05"),
    ("moment", PAST_MIDNIGHT_IN_TOKYO, "令和8年5月12日 00:30"),
]
ENGLISH_FORMS = [
    ("wareki", DAY, "11 May 2026"),
    ("wareki", PAST_MIDNIGHT_IN_TOKYO, "12 May 2026"),
    ("wareki_short", date(2026, 9, 1), "1 Sep 2026"),
    ("wareki_day", DAY, "Mon 11 May 2026"),
    ("wareki_month", Month(2026, 5), "May 2026"),
    ("fiscal", DAY, "fiscal year 2026"),
    ("number", 1234, "1,234"),
    ("clock", AFTERNOON, "14:05"),
    ("moment", AFTERNOON, "11 May 2026, 14:05"),
]


@pytest.mark.parametrize(("name", "value", "shown"), JAPANESE_FORMS)
def test_days_and_numbers_in_a_japanese_page(app: Flask, name: str, value: object, shown: str) -> None:
    with app.test_request_context("/office"):
        assert render_template_string(f"{{{{ value|{name} }}}}", value=value) == shown


@pytest.mark.parametrize(("name", "value", "shown"), ENGLISH_FORMS)
def test_days_and_numbers_in_an_english_page(app: Flask, name: str, value: object, shown: str) -> None:
    with app.test_request_context("/front?lang=en"):
        assert render_template_string(f"{{{{ value|{name} }}}}", value=value) == shown


@pytest.mark.parametrize("name", FILTERS)
def test_what_is_not_known_is_shown_as_nothing(app: Flask, name: str) -> None:
    with app.test_request_context("/office"):
        assert FILTERS[name](None) == ""


@pytest.mark.parametrize("name", ["wareki", "clock", "moment"])
def test_a_moment_without_a_time_zone_is_never_shown(app: Flask, name: str) -> None:
    with app.test_request_context("/office"), pytest.raises(ValueError, match="time zone"):
        FILTERS[name](datetime(2026, 5, 11, 9, 0))
