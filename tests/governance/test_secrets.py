"""Keys: where they come from, what is refused, and that they show nowhere."""

import copy
import os
import pickle

import pytest

from creditscore.errors import InputError
from creditscore.governance.secrets import Secret, secret_from_environment, secret_from_file

KEY = "0123456789abcdef" * 2


def test_a_key_comes_from_the_environment_or_a_private_file(tmp_path):
    path = tmp_path / "key"
    path.write_text(f"{KEY}\n")
    path.chmod(0o600)
    assert secret_from_file(path).reveal() == KEY.encode()
    assert secret_from_environment("K", {"K": KEY}).reveal() == KEY.encode()


@pytest.mark.parametrize(
    ("key", "message"),
    [(b"", "0 bytes"), (KEY.encode()[:31], "31 bytes, expected at least 32"), (b"ab" * 40, "different bytes")],
)
def test_a_key_that_can_be_guessed_is_refused(key, message):
    with pytest.raises(InputError, match=message) as refused:
        Secret(key)
    assert "openssl rand" in str(refused.value)
    assert not key or key.decode() not in str(refused.value)


def test_a_variable_that_is_not_set_is_named():
    with pytest.raises(InputError, match="environment variable K: not set"):
        secret_from_environment("K", {})


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_a_file_that_others_may_use_is_refused(tmp_path, mode):
    path = tmp_path / "key"
    path.write_text(KEY)
    path.chmod(mode)
    with pytest.raises(InputError, match="chmod 600"):
        secret_from_file(path)


def test_what_is_no_file_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(InputError, match=r"cannot be read|not a regular file"):
            secret_from_file(path)


def test_a_key_shows_in_no_repr_and_no_pickle():
    secret = Secret(KEY.encode())
    assert KEY not in f"{secret} {secret!r} {[secret]}"
    for take in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="a secret is not pickled"):
            take(secret)
