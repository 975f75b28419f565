"""Where the service may listen."""

import pytest

from streaming.config import ServerPolicy
from streaming.service.listening import ListenError, address, check_keys, check_tokens
from streaming.wire.twilio.policy import TwilioPolicy


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_loopback_needs_no_key(host: str) -> None:
    assert check_keys(ServerPolicy(host=host)) is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", ""])
def test_beyond_loopback_a_key_is_needed_and_the_refusal_says_how(host: str) -> None:
    with pytest.raises(ListenError, match="VIVAVOCE_SERVER__KEYS"):
        check_keys(ServerPolicy(host=host))
    assert check_keys(ServerPolicy(host=host, keys=("me:secret",))) is None


@pytest.mark.parametrize("entry", ["secret", ":secret", "me:"])
def test_a_key_without_a_name_is_refused_and_not_repeated(entry: str) -> None:
    with pytest.raises(ListenError, match="name:key") as refused:
        check_keys(ServerPolicy(keys=("you:fine", entry)))
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("entry", ["secret", ":secret", "shop:"])
def test_a_token_without_a_tenant_or_none_at_all_is_refused_and_not_repeated(entry: str) -> None:
    assert check_tokens(TwilioPolicy(tokens=("shop:fine",))) is None
    with pytest.raises(ListenError, match="tenant:token") as refused:
        check_tokens(TwilioPolicy(tokens=("shop:fine", entry)))
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("host", "shown"),
    [("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("::1", "[::1]"), ("example.org", "example.org")],
)
def test_the_address_shown_can_be_opened(host: str, shown: str) -> None:
    assert address(ServerPolicy(host=host, port=81)) == f"http://{shown}:81"
