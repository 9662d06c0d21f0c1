"""An administrator keeps the installation, not the notes."""

import pytest

from crm.web.access import Role
from tests.world import World


@pytest.mark.parametrize("role", [Role.MANAGER, Role.WORKER, Role.EDITOR])
def test_an_administrator_lets_nobody_at_the_records(world: World, role: Role) -> None:
    client = world.client(world.administrator)
    answer = client.post(f"/accounts/{world.reader.id}/role", data={"role": role.value})
    assert answer.status_code == 422
    assert "管理者だけ" in answer.get_data(as_text=True)
    invited = client.post("/accounts", data={"name": "新人", "mail": "new@example.jp", "role": role.value})
    assert invited.status_code == 422
    assert "新人" in invited.get_data(as_text=True)


def test_an_administrator_does_not_see_the_link_of_somebody_who_reads_records(world: World) -> None:
    client = world.client(world.administrator)
    for person, shown in ((world.manager, False), (world.worker, False), (world.reader, True)):
        page = client.post(f"/accounts/{person.id}/link", follow_redirects=True).get_data(as_text=True)
        assert ("/links/" in page) is shown


def test_a_manager_gives_any_role_and_sees_the_link(world: World) -> None:
    client = world.client(world.manager)
    assert client.post(f"/accounts/{world.reader.id}/role", data={"role": "worker"}).status_code == 303
    assert "/links/" in client.post(f"/accounts/{world.worker.id}/link", follow_redirects=True).get_data(
        as_text=True
    )
