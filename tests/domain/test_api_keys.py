"""What an API key opens, and what strangers are counted by."""

import pytest

from domain.api_keys import KeyRefusal, KeyScope, key_refusal, read_networks
from domain.rate_limits import LIMITS, LimitKind, address_key

OFFICE = ["192.0.2.0/24", "2001:db8::/32"]


@pytest.mark.parametrize(
    ("scope", "method", "refusal"),
    [
        (KeyScope.READ, "GET", None),
        (KeyScope.READ, "HEAD", None),
        (KeyScope.READ, "POST", KeyRefusal.SCOPE),
        (KeyScope.READ, "DELETE", KeyRefusal.SCOPE),
        (KeyScope.SEND, "GET", None),
        (KeyScope.SEND, "POST", None),
    ],
)
def test_a_key_for_reading_changes_nothing(scope: KeyScope, method: str, refusal: KeyRefusal | None) -> None:
    assert key_refusal(scope, [], method, "198.51.100.1") is refusal


@pytest.mark.parametrize(
    ("address", "refusal"),
    [
        ("192.0.2.77", None),
        ("::ffff:192.0.2.77", None),
        ("2001:db8:1::5", None),
        ("192.0.3.1", KeyRefusal.ADDRESS),
        ("2001:db9::1", KeyRefusal.ADDRESS),
        ("testclient", KeyRefusal.ADDRESS),
        (None, KeyRefusal.ADDRESS),
    ],
)
def test_a_key_works_from_its_networks_only(address: str | None, refusal: KeyRefusal | None) -> None:
    assert key_refusal(KeyScope.SEND, OFFICE, "POST", address) is refusal


def test_networks_are_read_as_people_write_them() -> None:
    networks, wrong = read_networks("192.0.2.10\n 198.51.100.7/24,2001:db8::1、192.0.2.10 office 1.2.3.4/33")
    assert networks == ["192.0.2.10/32", "198.51.100.0/24", "2001:db8::1/128"]
    assert wrong == ["office", "1.2.3.4/33"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        # A customer's network: whoever has one address of it has all of them.
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        (None, "garbage", True),
    ],
)
def test_strangers_are_counted_by_network(one: str | None, other: str | None, same: bool) -> None:
    assert (address_key(one) == address_key(other)) is same


def test_every_kind_of_try_has_a_limit() -> None:
    assert set(LIMITS) == set(LimitKind)
    # C-4: twenty wrong passwords at once meet the account's own lock before the address's limit.
    assert LIMITS[LimitKind.SIGN_IN].burst > 20


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
        ("::ffff:192.0.2.7", "192.0.2.7/32"),
        ("::FFFF:c000:207/124", "192.0.2.0/28"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("::/0", "::/0"),
    ],
)
def test_ipv4_written_as_ipv6_is_ipv4(written: str, kept: str) -> None:
    """Addresses of clients come in either form; networks already kept so match as well."""
    assert read_networks(written) == ([kept], [])
    if kept.startswith("192.0.2"):
        for address in ("192.0.2.7", "::ffff:192.0.2.7"):
            assert key_refusal(KeyScope.SEND, [written], "POST", address) is None
        assert key_refusal(KeyScope.SEND, [written], "POST", "192.0.3.7") is KeyRefusal.ADDRESS
