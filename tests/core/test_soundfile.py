"""Sound from a card whose thread does not wait for us."""

import asyncio
import sys
import threading
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.soundfile import BLOCK, BLOCKS, Capture, Missed, SoundError, SoundFile, microphone


def block(number: int, samples: int = 2) -> bytes:
    return number.to_bytes(2, "little") * samples


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 5)), max_size=40))
async def test_whatever_the_reader_does_each_sample_is_had_in_its_place_or_counted_as_missed(
    steps: list[tuple[bool, int]],
) -> None:
    capture = Capture(most=3)
    given_: list[int] = []
    got: list[int | None] = []

    async def take() -> None:
        heard = await capture.get()
        if isinstance(heard, Missed):
            got.extend([None] * heard.samples)
        else:
            got.extend(heard[at] for at in range(0, len(heard), 2))

    for number, (putting, samples) in enumerate(steps):
        if putting:
            capture.put(block(number, samples))
            given_ += [number] * samples
        elif got[-1:] != given_[-1:]:
            await take()
    while got[-1:] != given_[-1:]:  # the newest is never let go
        await take()
    assert len(got) == len(given_)
    assert [n for n, true in zip(got, given_, strict=True) if n is not None and n != true] == []


async def test_a_reader_that_sleeps_is_woken_by_the_cards_thread() -> None:
    capture = Capture()
    for number in range(3):
        reading = asyncio.create_task(capture.get())
        await asyncio.sleep(0.01)
        thread = threading.Thread(target=capture.put, args=(block(number),))
        thread.start()
        assert await asyncio.wait_for(reading, 2) == block(number)
        thread.join()


class Card:
    """`sounddevice` with a card that has recorded `blocks` by the time that somebody looks."""

    def __init__(self, blocks: int) -> None:
        self.blocks = blocks
        self.open = False
        self.PortAudioError = type("PortAudioError", (Exception,), {})

    def RawInputStream(self, *, callback: Callable[..., None], **asked: Any) -> "Card":  # noqa: N802
        assert asked == {"samplerate": 16_000, "channels": 1, "dtype": "int16", "blocksize": BLOCK}
        for number in range(self.blocks):
            callback(memoryview(block(number, BLOCK)), BLOCK, None, None)
        return self

    def __enter__(self) -> None:
        self.open = True

    def __exit__(self, *_: object) -> None:
        self.open = False


async def test_the_microphone_of_a_reader_that_is_too_late_keeps_30_seconds_and_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    card = Card(BLOCKS + 4)
    monkeypatch.setitem(sys.modules, "sounddevice", card)
    heard = microphone()
    assert await anext(heard) == Missed(4 * BLOCK)
    assert [await anext(heard) for _ in range(BLOCKS)] == [block(n, BLOCK) for n in range(4, BLOCKS + 4)]
    assert BLOCK * BLOCKS == 30 * 16_000
    assert card.open
    await heard.aclose()  # pyright: ignore[reportAttributeAccessIssue]
    assert not card.open


async def test_a_machine_without_portaudio_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    class Finder:
        @staticmethod
        def find_spec(name: str, *_: object) -> None:
            if name == "sounddevice":
                raise OSError("PortAudio library not found")

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Finder, *sys.meta_path])
    with pytest.raises(SoundError, match="libportaudio2"):
        await anext(microphone())


class Slow:
    """A file whose decoder is at work until it may go on."""

    def __init__(self) -> None:
        self.at_work, self.go_on = threading.Event(), threading.Event()
        self.closed: list[str] = []
        codec = SimpleNamespace(channels=1, sample_rate=16_000)
        self.streams = SimpleNamespace(audio=[SimpleNamespace(codec_context=codec, duration=None)])

    def decode(self, _: object) -> Iterator[av.AudioFrame]:
        while True:
            self.at_work.set()
            self.go_on.wait(10)
            self.at_work.clear()
            frame = av.AudioFrame("s16", "mono", 1_600)
            frame.sample_rate = 16_000
            yield frame

    def close(self) -> None:
        self.closed.append("under its decoder" if self.at_work.is_set() else "after it")


def test_a_file_is_not_closed_under_a_thread_that_still_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, file = Slow(), tmp_path / "call.wav"
    file.touch()
    monkeypatch.setattr("streaming.soundfile.av.open", lambda *_, **__: slow)
    with SoundFile(str(file)) as sound:
        frames = sound.frames()
        reading = threading.Thread(target=lambda: list(frames), daemon=True)
        reading.start()
        assert slow.at_work.wait(10)
    slow.go_on.set()
    reading.join(10)
    assert not reading.is_alive()
    assert slow.closed
    assert set(slow.closed) == {"after it"}
    assert list(frames) == []


def test_a_strangers_file_is_no_list_of_other_files(tmp_path: Path) -> None:
    inner, playlist = tmp_path / "inner.wav", tmp_path / "list.wav"
    with wave.open(str(inner), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(bytes(3_200))
    lines = ["ffconcat version 1.0", "file inner.wav"]
    playlist.write_text("\n".join(lines))
    with SoundFile(str(playlist)) as trusted:
        assert trusted.format.sample_rate == 16_000
    with pytest.raises(SoundError, match="no sound file"):
        SoundFile(str(playlist), strange=True)
    with SoundFile(str(inner), strange=True) as sound:
        assert len(b"".join(sound.frames())) == 3_200
