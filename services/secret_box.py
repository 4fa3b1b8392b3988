"""Secrets that have to be read again (an authenticator's, a mail's password), sealed with a key.

The key is in the settings: who has the database alone can neither read nor try them.
"""

import hashlib
import hmac
import secrets
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12
_MARK_BYTES = 4


class NoEncryptionKey(Exception):
    """The setting ``ENCRYPTION_KEY`` is empty."""


class UnreadableSecret(Exception):
    """Sealed with a key that is not in the settings any more, or changed since."""


class SecretBox:
    """AES-256-GCM under keys derived from ``keys``, words with spaces between.

    The first key seals; all of them open, so a key is changed by putting a new one in front.
    """

    def __init__(self, keys: str) -> None:
        self._keys = [_Key(word) for word in keys.split()]
        self._unkeyed = not self._keys

    def seal(self, secret: bytes, *, owner: UUID, purpose: str) -> bytes:
        """Return ``secret`` sealed for one row: it opens only with the same ``owner`` and ``purpose``."""
        if self._unkeyed:
            raise NoEncryptionKey
        key, nonce = self._keys[0], secrets.token_bytes(_NONCE_BYTES)
        return key.mark + nonce + AESGCM(key.sealing).encrypt(nonce, secret, _bound_to(owner, purpose))

    def open(self, sealed: bytes, *, owner: UUID, purpose: str) -> bytes:
        """Return what was sealed; raises ``UnreadableSecret``."""
        mark, nonce = sealed[:_MARK_BYTES], sealed[_MARK_BYTES : _MARK_BYTES + _NONCE_BYTES]
        for key in self._keys:
            if hmac.compare_digest(key.mark, mark):
                try:
                    rest = sealed[_MARK_BYTES + _NONCE_BYTES :]
                    return AESGCM(key.sealing).decrypt(nonce, rest, _bound_to(owner, purpose))
                except InvalidTag:
                    break
        raise UnreadableSecret

    def hashes(self, code: str, *, owner: UUID, purpose: str) -> list[bytes]:
        """Return the keyed hashes of a short code, the one to store first, then those of older keys."""
        if self._unkeyed:
            raise NoEncryptionKey
        bound = _bound_to(owner, purpose) + b":" + code.encode()
        return [hmac.digest(key.hashing, bound, hashlib.sha256) for key in self._keys]


class _Key:
    def __init__(self, word: str) -> None:
        self.sealing = _derived(word, b"seal")
        self.hashing = _derived(word, b"hash")
        self.mark = _derived(word, b"mark")[:_MARK_BYTES]


def _derived(word: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"message delivery " + purpose).derive(
        word.encode()
    )


def _bound_to(owner: UUID, purpose: str) -> bytes:
    return f"{purpose}:{owner}".encode()


NO_KEY = SecretBox("")
"""Seals and hashes nothing: for whoever has no key."""
