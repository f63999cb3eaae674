"""The keyed hash of identities."""

import hashlib
import hmac

from hypothesis import given
from hypothesis import strategies as st

from notifications.security.identity_hash import IdentityHasher

KEY = "synthetic-key-of-at-least-32-characters"
NUMBER = "08895699684"


def test_a_hash_is_half_of_an_hmac_sha256_over_kind_and_number() -> None:
    whole = hmac.new(KEY.encode(), f"nin:{NUMBER}".encode(), hashlib.sha256).hexdigest()
    assert IdentityHasher(KEY)("nin", NUMBER) == whole[:32]


def test_the_same_number_of_another_kind_or_under_another_key_has_another_hash() -> None:
    hashed = IdentityHasher(KEY)
    same = {hashed(kind, NUMBER) for kind in ("nin", "org", "ext")} | {IdentityHasher(KEY + "x")("nin", NUMBER)}
    assert len(same) == 4


@given(st.text())
def test_any_text_has_a_hash_that_is_fit_for_a_key(text: str) -> None:
    hashed = IdentityHasher(KEY)("ext", text)
    assert hashed == IdentityHasher(KEY)("ext", text)
    assert len(hashed) == 32
    assert set(hashed) <= set("0123456789abcdef")


def test_the_key_does_not_show() -> None:
    assert KEY not in repr(IdentityHasher(KEY))
