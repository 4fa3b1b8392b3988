"""Demo companies and API keys survive restarts."""

from domain.permissions import Role
from services.api_keys import caller_for_key, create_api_key
from services.demo_data import ensure_demo_data
from tests.services.support import Companies


async def test_a_second_start_finds_everything_again(companies: Companies) -> None:
    keys = [companies.first.api_key, companies.second.api_key]
    async with companies.jobs_database.transaction() as session:
        again = await ensure_demo_data(session, keys)
    assert again == [companies.first, companies.second]
    assert [user.role for user in again[0].users] == list(Role)


async def test_a_lost_key_is_replaced_and_the_old_one_still_works(companies: Companies) -> None:
    async with companies.jobs_database.transaction() as session:
        again = await ensure_demo_data(session, ["mdp_lost"])
        for key in (again[0].api_key, companies.first.api_key):
            caller = await caller_for_key(session, key)
            assert caller is not None
            assert caller.company_id == companies.first.company_id


async def test_keys_are_stored_as_hashes_and_can_be_revoked(companies: Companies) -> None:
    async with companies.transaction() as session:
        key = await create_api_key(session, companies.first.company_id, "試験")
        assert await caller_for_key(session, key)
        for wrong in ("", "mdp_", key[:-1], "x" * 10_000, "\x00", "あ"):
            assert await caller_for_key(session, wrong) is None
    await companies.rows("UPDATE api_keys SET revoked_at = now() WHERE name = '試験'")
    async with companies.transaction() as session:
        assert await caller_for_key(session, key) is None
