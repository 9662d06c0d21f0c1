"""A session that ended while somebody was typing: what was typed goes on after the sign-in."""

import re
from html import unescape

from crm.core.ids import new_id
from crm.visits.models import Record
from tests.world import PASSWORD, World


def test_what_was_typed_when_the_session_had_ended_is_sent_after_the_sign_in(world: World) -> None:
    world.with_password(world.worker)
    record_id, place = new_id(), world.district("末広区")
    typed = {
        "record_id": str(record_id),
        "place": str(place.id),
        "on": "2026-06-15",
        "way": "regular",
        "met": "met",
        "supports": ["presence", "direct"],
        "heard": "長い話を\n聞いた「<b>」",
        "confidential": "open",
    }
    client = world.client()
    asked = client.post("/records/new", data=typed)
    assert asked.status_code == 401
    page = asked.get_data(as_text=True)
    assert "入力した内容は残っています" in page
    wrong = client.post("/sign-in", data={**hidden(page), "mail": world.worker.mail, "password": "ちがう"})
    assert wrong.status_code == 422
    again = {**hidden(wrong.get_data(as_text=True)), "mail": world.worker.mail, "password": PASSWORD}
    signed = client.post("/sign-in", data=again)
    assert signed.status_code == 200
    going_on = signed.get_data(as_text=True)
    assert 'action="/records/new"' in going_on
    assert client.post("/records/new", data=hidden(going_on)).status_code == 303
    with world.reading() as session:
        kept = session.get_one(Record, record_id)
        assert kept.heard.replace("\r\n", "\n") == typed["heard"]
        assert (kept.presence, kept.observation, kept.direct) == (True, False, True)


def test_passwords_are_not_carried_through_the_sign_in(world: World) -> None:
    page = world.client().post(
        "/devices/password", data={"old": "さくら-no-himitsu", "password": "x", "again": "x"}
    )
    assert page.status_code == 401
    assert "himitsu" not in page.get_data(as_text=True)


def hidden(page: str) -> dict[str, list[str]]:
    """Names and values of the hidden fields of a page."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page):
        found.setdefault(unescape(name), []).append(unescape(value))
    for name, value in re.findall(r'<input id="next" name="(next)" type="hidden" value="([^"]*)">', page):
        found[name] = [unescape(value)]
    return found
