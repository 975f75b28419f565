"""The system prompt, as a version: its name and the hash of its text say what a reply was asked with."""

import hashlib

from msgspec import Struct

from streaming.parts import Served


class Prompt(Struct, frozen=True):
    """A system prompt. Its text is the stable beginning of every request, which engines keep ready in their caches."""

    name: str
    text: str

    @property
    def hash(self) -> str:
        """SHA-256 of the text in UTF-8, in hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def ref(self) -> str:
        """`name@<first 16 hexadecimal digits of the hash>`."""
        return f"{self.name}@{self.hash[:16]}"

    @property
    def served(self) -> Served:
        """As it is told among what serves."""
        return Served(role="prompt", name=self.name, hash=self.hash, ref=self.ref)
