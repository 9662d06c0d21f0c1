"""Every form, sent with nothing in it: whatever it answers is a page in order that says what is wrong."""

import pytest

from tests import lint
from tests.doors import CHANGE, DOORS, opener
from tests.markup import page_of
from tests.samples import Samples


@pytest.mark.parametrize("endpoint", [name for name, door in DOORS.items() if door.gives == CHANGE])
def test_a_form_sent_empty_comes_back_in_order(samples: Samples, endpoint: str) -> None:
    door, world = DOORS[endpoint], samples.world
    person = opener(door, world)
    with world.app.test_request_context():
        address = world.app.url_for(endpoint, **door.parts(samples, person))  # type: ignore[arg-type]
    answer = world.client(person).post(address)
    if answer.status_code >= 400:
        assert not (found := lint.faults(answer.text)), "\n".join(found)
    if answer.status_code == 422:
        assert page_of(answer.text).find_all(role="alert"), "it says what is wrong"
