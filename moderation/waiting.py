"""Finals that wait for what follows them, and those that were told and may still go on. Pure.

A final may be cut in the middle of a card number, an address or a phrase: it waits until what follows has decided it
(a stable part of the next partial, the next final), or until its turn is over. A turn that ends while its speaker has
not stopped (`finalize`, `length`) must be told at once; so what may still go on there is remembered, and what follows
is judged together with it: the other half of a number is masked as well.
"""

from typing import TypeAlias

from moderation.screen import Screen
from moderation.transcript import Masked, decided, partial, remembered, settle, veiled
from streaming.facts import HeardFinal, HeardPartial

Finals: TypeAlias = list[tuple[str, HeardFinal]]
"""Finals with the ids of their entries."""


class Waiting:
    """The finals of all channels of a session."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._held: dict[int, Finals] = {}
        self._told: dict[int, Finals] = {}

    @property
    def held(self) -> list[str]:
        """Entries of finals that were not told yet."""
        return [entry for finals in self._held.values() for entry, _ in finals]

    @property
    def told(self) -> list[str]:
        """Entries of finals that were told, and are remembered."""
        return [entry for finals in self._told.values() for entry, _ in finals]

    @property
    def channels(self) -> list[int]:
        """Channels on which a final waits."""
        return sorted(channel for channel, finals in self._held.items() if finals)

    def recall(self, entry: str, final: HeardFinal, *, told: bool) -> None:
        """After a restart: one of `told` or of `held`, in order."""
        (self._told if told else self._held).setdefault(final.channel, []).append((entry, final))

    def forget(self) -> None:
        """Nothing will follow."""
        self._told = {}

    def began(self, channel: int, at_ms: int) -> None:
        """Somebody speaks again. Long after what was remembered, it does not go on with it."""
        told = self._told.get(channel)
        if told and at_ms - told[-1][1].end_ms > self._screen.policy.carry_ms:
            del self._told[channel]

    def shown(self, fact: HeardPartial) -> tuple[str, int]:
        """The partial as it may be shown, when nothing of its channel waits."""
        before = " ".join(final.text for _, final in self._told.get(fact.channel, []))
        return partial(self._screen, fact.text, fact.stable, before)

    def followed(self, channel: int, text: str) -> list[Masked]:
        """What is decided now that `text` is sure to follow the finals of the channel."""
        told, held = self._told.get(channel, []), self._held.get(channel, [])
        finals = [final for _, final in (*told, *held)]
        count = decided(self._screen, finals, text)
        if count <= len(told):
            return []
        behind = " ".join([*(final.text for final in finals[count:]), text])
        self._told.pop(channel, None)
        self._held[channel] = held[count - len(told) :]
        return settle(self._screen, finals[:count], behind)[len(told) :]

    def provisional(self, channel: int, text: str) -> list[str]:
        """Masked: what of the channel was not told yet, and `text` behind it, which may not be its end.

        [] when `text` is blank, or ends in what no partial would show: half an address, say.
        """
        if not text.strip():
            return []
        told, held = self._told.get(channel, []), self._held.get(channel, [])
        last = HeardFinal(0, channel, text, 0, 0, [], "", 0.0, "")
        finals = [*(final for _, final in (*told, *held)), last]
        if veiled(self._screen, finals):
            return []
        return [one.final.text for one in settle(self._screen, finals, cut=True)[len(told) :]]

    def final(self, entry: str, fact: HeardFinal) -> list[Masked]:
        """One more, and what may be told by now."""
        out: list[Masked] = []
        held = self._held.get(fact.channel)
        if held and fact.start_ms - held[-1][1].end_ms > self._screen.policy.carry_ms:
            out = self.let_go(fact.channel)
        self._held.setdefault(fact.channel, []).append((entry, fact))
        return out + self.followed(fact.channel, "")

    def let_go(self, channel: int, *, cut: bool = False) -> list[Masked]:
        """All that waits. `cut`: the turn is over, but the speaker may not have stopped."""
        told, held = self._told.get(channel, []), self._held.pop(channel, [])
        if not held:
            return []
        finals = [final for _, final in (*told, *held)]
        out = settle(self._screen, finals, cut=cut)[len(told) :]
        count = remembered(self._screen, finals) if cut else 0
        self._told[channel] = [*told, *held][len(finals) - count :]
        return out
