"""Every route, tried by every role and by nobody, compared with the table in tests/doors.py."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from crm.web.access import MAY, Can, Role
from crm.web.pages import Pages, access_of, check_doors
from tests.doors import CHANGE, DATA, DOORS, EVERYBODY, FILE, KEEPERS, LEADS_ON, PAGE, REPORTS, Door, people
from tests.markup import page_of
from tests.samples import FOR_THE_AUTHOR, FOR_THE_HOLDERS, MET_IN_CONFIDENCE, Samples
from tests.world import Person, World

SIGN_IN = "/sign-in"
DISPOSITION = "Content-Disposition"
GIVEN: dict[str, Callable[[TestResponse], bool]] = {
    PAGE: lambda answer: answer.status_code == 200 and answer.mimetype == "text/html",
    LEADS_ON: lambda answer: answer.status_code == 303 and not answer.location.startswith(SIGN_IN),
    FILE: lambda answer: answer.status_code == 200 and "attachment" in answer.headers.get(DISPOSITION, ""),
    DATA: lambda answer: answer.status_code == 200 and answer.mimetype == "application/json",
    # Sent with nothing in it: done, or refused with words, or too late. Never kept out.
    CHANGE: lambda answer: answer.status_code in {200, 303, 404, 409, 422, 429},
}


def address(app: Flask, endpoint: str, parts: dict[str, object]) -> str:
    with app.test_request_context():
        return app.url_for(endpoint, **parts)  # type: ignore[arg-type]


def method(door: Door) -> str:
    return "POST" if door.gives == CHANGE else "GET"


def tried(samples: Samples, endpoint: str, door: Door, person: Person | None) -> TestResponse:
    """The answer when a person (nobody: None) tries a door."""
    app = samples.world.app
    where = address(app, endpoint, door.parts(samples, person))
    return samples.world.client(person).open(where, method=method(door), buffered=True)


def kept_out(answer: TestResponse, person: Person | None) -> bool:
    """Whether a door stayed shut: nobody in particular is asked to sign in, somebody is refused."""
    if person is not None:
        return answer.status_code == 403
    if answer.status_code == 401:
        return len(page_of(answer.text).find_all("form", action=SIGN_IN)) == 1
    return answer.status_code == 303 and answer.location.startswith(SIGN_IN)


def mistakes(samples: Samples, endpoint: str, door: Door) -> list[str]:
    """Who gets in or stays out otherwise than the table says."""
    found = []
    for person in people(samples.world):
        role = person.role if person else None
        answer = tried(samples, endpoint, door, person)
        name = role.value if role else "nobody"
        if role not in door.who and not kept_out(answer, person):
            found.append(f"{name} gets in ({answer.status_code})")
        gives = door.gives_to(person)
        if role in door.who and (kept_out(answer, person) or not GIVEN[gives](answer)):
            found.append(f"{name}: {answer.status_code}, where the table says: {gives}")
    return found


def unlisted(app: Flask, doors: dict[str, Door]) -> list[str]:
    """Routes without a line in the table, lines without a route, and lines that name the wrong method."""
    rules = {rule.endpoint: rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"}
    wrong = [
        name
        for name, rule in rules.items()
        if name in doors and method(doors[name]) not in (rule.methods or set())
    ]
    return sorted({*(rules.keys() ^ doors.keys()), *wrong})


# ---- the walk


def test_every_route_stands_in_the_table_and_every_line_of_it_is_a_route(samples: Samples) -> None:
    assert unlisted(samples.world.app, DOORS) == []


@pytest.mark.parametrize("endpoint", DOORS)
def test_a_door_opens_to_those_it_is_for_and_to_nobody_else(samples: Samples, endpoint: str) -> None:
    assert mistakes(samples, endpoint, DOORS[endpoint]) == []


@pytest.mark.parametrize("endpoint", [name for name, door in DOORS.items() if door.gives == CHANGE])
def test_a_change_asked_for_by_another_site_is_refused(samples: Samples, endpoint: str) -> None:
    door, world = DOORS[endpoint], samples.world
    where = address(world.app, endpoint, door.parts(samples, world.manager))
    answer = world.client(world.manager).post(where, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_the_roles_hold_what_their_doors_ask(samples: Samples) -> None:
    """The table above and crm.web.access say the same, without a request."""
    for endpoint, door in DOORS.items():
        asked = access_of(samples.world.app, endpoint)
        assert {role for role, held in MAY.items() if asked in held} == door.who, endpoint


def test_every_role_is_known_and_no_permission_is_left_over(samples: Samples) -> None:
    app = samples.world.app
    assert set(MAY) == {None, *Role} == EVERYBODY
    asked = {access_of(app, rule.endpoint) for rule in app.url_map.iter_rules()} - {None}
    assert set(Can) - asked == set()


# ---- each check can fail


@pytest.fixture
def planted(samples: Samples, sqlite_world: World) -> Callable[..., Samples]:
    """Adds a route to a town of its own, whose samples are those of the other one."""

    def plant(access: Can) -> Samples:
        pages = Pages("planted", __name__)

        @pages.get("/planted", access=access)
        def show() -> str:
            return "planted"

        sqlite_world.app.register_blueprint(pages)
        return Samples(**{**samples.__dict__, "world": sqlite_world})

    return plant


@pytest.mark.parametrize(
    ("access", "says", "found"),
    [
        (Can.ENTER, Door(KEEPERS, PAGE), "nobody gets in (200)"),
        (Can.SEE_PLACES, Door(REPORTS, PAGE), "administrator gets in (200)"),
        (Can.SEE_REPORTS, Door(EVERYBODY, PAGE), "nobody: 303, where the table says: page"),
        (Can.SEE_AUDIT, Door(REPORTS, PAGE), "worker: 403, where the table says: page"),
        (Can.ENTER, Door(EVERYBODY, FILE), "nobody: 200, where the table says: file"),
    ],
)
def test_a_route_with_the_wrong_access_is_caught(
    planted: Callable[..., Samples], access: Can, says: Door, found: str
) -> None:
    assert found in mistakes(planted(access), "planted.show", says)


def test_a_route_that_the_table_does_not_know_is_caught(planted: Callable[..., Samples]) -> None:
    app = planted(Can.ENTER).world.app
    assert unlisted(app, DOORS) == ["planted.show"]
    assert unlisted(app, {**DOORS, "planted.show": Door(EVERYBODY, CHANGE)}) == ["planted.show"]


@dataclass(frozen=True)
class Bare:
    """Ways to lay a route without a key on it."""

    @staticmethod
    def on_the_app(app: Flask) -> None:
        app.add_url_rule("/bare", "bare", lambda: "bare")

    @staticmethod
    def on_a_plain_blueprint(app: Flask) -> None:
        plain = Blueprint("plain", __name__)
        plain.add_url_rule("/bare", "bare", lambda: "bare")
        app.register_blueprint(plain)

    @staticmethod
    def past_get_and_post(app: Flask) -> None:
        pages = Pages("past", __name__)
        pages.add_url_rule("/bare", "bare", lambda: "bare")
        app.register_blueprint(pages)


@pytest.mark.parametrize("lay", [Bare.on_the_app, Bare.on_a_plain_blueprint, Bare.past_get_and_post])
def test_an_app_with_a_route_without_access_does_not_start(
    sqlite_world: World, lay: Callable[[Flask], None]
) -> None:
    check_doors(sqlite_world.app)
    lay(sqlite_world.app)
    with pytest.raises(RuntimeError, match="bare"):
        check_doors(sqlite_world.app)


def test_a_route_cannot_be_written_without_access() -> None:
    pages = Pages("planted", __name__)
    with pytest.raises(TypeError):
        pages.get("/bare")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        pages.post("/bare", access="enter")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        pages.route("/bare")


# ---- rows


def texts(samples: Samples, person: Person) -> dict[str, str]:
    """Everything that a person can read, by address."""
    client: FlaskClient = samples.world.client(person)
    read = {}
    for endpoint, door in DOORS.items():
        if person.role not in door.who or door.gives not in {PAGE, DATA}:
            continue
        where = address(samples.world.app, endpoint, door.parts(samples, person))
        for asked in ("", *door.asked(samples)):
            read[where + asked] = client.get(where + asked).text
    for record in (samples.record, samples.foreign_record, samples.holders_record, samples.authors_record):
        for place in (f"/records/{record.id}", f"/records/{record.id}/edit", f"/places/{record.district.id}"):
            read[place] = client.get(place).text
    return read


OF_OTHERS = ["reader", "editor", "worker", "administrator", "spare"]


def _named(samples: Samples, name: str) -> Person:
    return samples.spare if name == "spare" else getattr(samples.world, name)


@pytest.mark.parametrize("name", OF_OTHERS)
def test_confidential_text_of_others_stands_on_no_page(samples: Samples, name: str) -> None:
    for where, text in texts(samples, _named(samples, name)).items():
        assert FOR_THE_HOLDERS not in text, where
        assert FOR_THE_AUTHOR not in text, where
        assert MET_IN_CONFIDENCE not in text, where


@pytest.mark.parametrize("name", ["manager", "other_worker"])
def test_author_and_manager_read_what_is_confidential(samples: Samples, name: str) -> None:
    client = samples.world.client(_named(samples, name))
    assert FOR_THE_HOLDERS in client.get(f"/records/{samples.holders_record.id}").text
    authors = client.get(f"/records/{samples.authors_record.id}").text
    assert FOR_THE_AUTHOR in authors
    assert MET_IN_CONFIDENCE in authors


def test_a_deputy_of_the_territory_reads_what_is_for_its_holders(samples: Samples) -> None:
    world = samples.world
    deputy = world.person("小岩 すず", "suzu@example.jp", Role.WORKER)
    world.deputise(deputy, "大東")
    client = world.client(deputy)
    assert FOR_THE_HOLDERS in client.get(f"/records/{samples.holders_record.id}").text
    assert FOR_THE_AUTHOR not in client.get(f"/records/{samples.authors_record.id}").text


@pytest.mark.parametrize("name", ["editor", "worker", "manager"])
def test_an_open_record_of_a_foreign_territory_is_read_by_the_whole_office(
    samples: Samples, name: str
) -> None:
    client = samples.world.client(_named(samples, name))
    assert "花壇の手入れをした" in client.get(f"/records/{samples.foreign_record.id}").text


@pytest.mark.parametrize("record", ["foreign_record", "holders_record", "authors_record"])
@pytest.mark.parametrize("end", ["edit", "withdraw"])
def test_nobody_changes_the_record_of_somebody_else(samples: Samples, record: str, end: str) -> None:
    world = samples.world
    row = getattr(samples, record)
    before = row.record
    answer = world.client(world.worker).post(f"/records/{row.id}/{end}", data={"why": "まちがい", "rev": "1"})
    assert answer.status_code in {403, 404}
    assert row.record == before
