"""What has come of a session since the last batch, and the next batch of it. Pure: it reads nothing, and keeps nothing.

The log's last entry is held back until all sound is there, so that an archive that has it has everything.
"""

from typing import Final

from msgspec import Struct

from streaming.archive.kept import Batch, Kept, LogEntry, Progress, Sound
from streaming.audio import RATE
from streaming.facts import SessionConfig
from streaming.recording.digest import Digest

PIECE: Final = 30 * RATE
"""The longest piece of sound, in samples a channel."""
LONG: Final = 4_096
"""Entries of the log that make a batch however little sound there is."""


class Piece(Struct):
    """Sound without a break, from sample `begin` on."""

    begin: int
    pcm: bytearray


class Gathering:
    """From the archive's `progress` on. `digest`: what the log up to there comes to.

    `samples` and `last_id` say what was taken; `missing`: samples that nobody told to be left out, and that never came.
    """

    def __init__(self, config: SessionConfig, progress: Progress, digest: Digest) -> None:
        self._config = config
        self._channels = config.audio.channels if config.audio else 1
        self._digest = digest
        self._clock = self.samples = progress.samples
        self.last_id = progress.last_id
        self.missing = 0
        self._pieces: list[Piece] = []
        self._log: list[LogEntry] = []
        self._last: LogEntry | None = None
        self._began: int | None = None
        self._silenced = len(digest.silences)

    @property
    def ended(self) -> bool:
        """Whether the log's last entry was told."""
        return self._digest.ended

    @property
    def over(self) -> bool:
        """Whether the last batch was asked for, or the archive has had it before."""
        return self.ended and self._last is None

    @property
    def some(self) -> bool:
        """Whether there is anything for a batch."""
        return bool(self._pieces or self._log or self._last)

    @property
    def full(self) -> bool:
        """Whether a batch is due, however soon after the one before."""
        held = sum(len(piece.pcm) for piece in self._pieces) // (2 * self._channels)
        return held >= PIECE or len(self._log) >= LONG or self._overdue()

    def _overdue(self) -> bool:
        """Whether sound that is kept already is to be silent."""
        kept = self._pieces[0].begin if self._pieces else self.samples
        return any(one.begin < kept for one in self._digest.silences[self._silenced :])

    def began(self, entry: LogEntry) -> None:
        """The log's first entry, wherever the progress is."""
        self._began = _at_ms(entry.id)

    def tell(self, entry: LogEntry) -> None:
        """The next entry of the log; nothing counts behind its last one."""
        if self.ended:
            return
        if self._began is None:
            self.began(entry)
        self._digest.take(entry)
        self.last_id = entry.id
        if self.ended:
            self._last = entry
        else:
            self._log.append(entry)

    def skip(self, end: int) -> None:
        """Sound up to sample `end` was left out, and that was told."""
        self._clock = max(self._clock, end)

    def hear(self, end: int, pcm: bytes) -> None:
        """Interleaved sound that ends at sample `end`; what was taken before of it is left out."""
        frame = 2 * self._channels
        begin = end - len(pcm) // frame
        if end <= self.samples:
            return
        pcm, begin = pcm[max(0, self.samples - begin) * frame :], max(begin, self.samples)
        self.missing += max(0, begin - self._clock)
        while pcm:
            piece = self._room(begin)
            fits = PIECE - len(piece.pcm) // frame
            piece.pcm += pcm[: fits * frame]
            pcm, begin = pcm[fits * frame :], begin + fits
        self._clock = self.samples = end

    def _room(self, begin: int) -> Piece:
        """The piece that sample `begin` goes to."""
        last = self._pieces[-1] if self._pieces else None
        if last:
            size = len(last.pcm) // (2 * self._channels)
            if last.begin + size == begin and size < PIECE:
                return last
        self._pieces.append(Piece(begin, bytearray()))
        return self._pieces[-1]

    def batch(self, *, whole: bool) -> Batch:
        """All that came since the last one. `whole`: no more sound will come; then, if the log has ended, this is the
        last batch. What it has is let go here: whoever asks keeps it."""
        sound = [Sound(piece.begin, self._channels, bytes(piece.pcm)) for piece in self._pieces]
        log, self._pieces, self._log = self._log, [], []
        self._silenced = len(self._digest.silences)
        closing = whole and self._last is not None
        if closing and self._last:
            log, self._last = [*log, self._last], None
        return Batch(self._session(closing=closing), sound, log, self._digest.changed())

    def _session(self, *, closing: bool) -> Kept:
        config, digest = self._config, self._digest
        return Kept(
            session_id=config.session_id,
            tenant=config.tenant,
            mode=config.mode,
            started_at=self._began or 0,
            ended_at=_at_ms(self.last_id) if closing else None,
            duration_ms=max(self.samples * 1000 // RATE, digest.heard_ms),
            channels=self._channels if config.audio else 0,
            languages=list(digest.languages),
            verdicts=list(digest.verdicts),
            metadata=dict(config.metadata),
            state="closed" if closing else "open",
            origin=config.origin,
            parent=config.parent,
            words=digest.words,
            silenced=list(digest.silences),
        )


def _at_ms(entry_id: str) -> int:
    """When an entry was written, wall-clock ms."""
    return int(entry_id.partition("-")[0])
