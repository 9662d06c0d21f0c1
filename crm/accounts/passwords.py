"""Passwords by argon2id. One module, so that parameters and library change in one place."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()  # RFC 9106 low-memory profile: 64 MiB, 3 passes
_nobody = _hasher.hash("a password that no account has")


def hashed(password: str) -> str:
    """The hash to store for a password."""
    return _hasher.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether the password is right. Takes as long for an account that does not exist."""
    try:
        return _hasher.verify(stored or _nobody, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False
