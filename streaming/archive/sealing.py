"""How what is kept is made unreadable without its key.

Each session has a random data key. It seals (AES-256-GCM) every piece with a fresh random nonce of 96 bits and, as
data that is checked but not stored, what the piece is: so a piece can neither be changed nor put in another's place.
The data key itself is kept only wrapped (AES-256-GCM again) by a key that is derived (HKDF-SHA256) from its tenant's
root. Random nonces, since a counter would run twice after a backup was put back; a session is far from the 2^32 pieces
at which they would begin to matter.

What has to be found without being readable becomes the first 80 bits of an HMAC-SHA256 under another derived key.
"""

import base64
import hashlib
import hmac
import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from streaming.errors import ServiceFault

KEY_BYTES: Final = 32
_NONCE: Final = 12
_TOKEN: Final = 10
_DOMAIN: Final = b"vivavoce archive 1"


class Damaged(ServiceFault):
    """Something that was kept cannot be opened: it was changed, cut, or put in another's place."""

    def __init__(self, what: str) -> None:
        told = f"{what} cannot be read: its bytes are not those that were kept. Put it back from a backup"
        super().__init__("archive_damaged", told)


def _named(*parts: str | int) -> bytes:
    """Parts of a name as bytes that no other parts make."""
    encoded = [str(part).encode() for part in parts]
    return _DOMAIN + b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


class Seal:
    """Seals and opens what is kept of one session."""

    def __init__(self, session_id: str, key: bytes) -> None:
        self.session_id, self._key = session_id, key
        self._cipher = AESGCM(key)

    @classmethod
    def fresh(cls, session_id: str) -> "Seal":
        """With a new random data key."""
        return cls(session_id, os.urandom(KEY_BYTES))

    def seal(self, plain: bytes, kind: str, name: str | int) -> bytes:
        """`plain` as this piece of the session: nonce, ciphertext and tag."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, plain, _named(self.session_id, kind, name))

    def open(self, sealed: bytes, kind: str, name: str | int) -> bytes:
        """What was sealed. Raises Damaged."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], _named(self.session_id, kind, name))
        except (InvalidTag, ValueError):
            raise Damaged(f"{kind} {name} of session {self.session_id}") from None

    def wrapped(self, root: "Root", tenant: str) -> bytes:
        """The data key as it may be kept."""
        nonce = os.urandom(_NONCE)
        return nonce + root.wrapping.encrypt(nonce, self._key, _named("key", tenant, self.session_id))

    @classmethod
    def unwrapped(cls, session_id: str, wrapped: bytes, root: "Root", tenant: str) -> "Seal":
        """With a data key that was kept. Raises Damaged."""
        try:
            name = _named("key", tenant, session_id)
            return cls(session_id, root.wrapping.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], name))
        except (InvalidTag, ValueError):
            raise Damaged(f"the key of session {session_id}") from None


class Root:
    """A tenant's key of one time, `name`d: what is derived from it. The newest wraps; older ones still open."""

    def __init__(self, name: str, secret: bytes) -> None:
        self.name = name
        self.wrapping = AESGCM(_derived(secret, b"wrap"))
        self._index = _derived(secret, b"index")

    def token(self, word: str) -> str:
        """A word, blind: 16 letters and digits."""
        return _blind(self._index, _named("word", word))

    def tag(self, key: str, value: str) -> str:
        """A metadatum, blind."""
        return _blind(self._index, _named("metadata", key, value))


def _derived(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=_DOMAIN + b" " + purpose).derive(secret)


def _blind(key: bytes, named: bytes) -> str:
    digest = hmac.digest(key, named, hashlib.sha256)[:_TOKEN]
    return base64.b32encode(digest).decode().lower()
