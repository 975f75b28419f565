"""A client's outbox and its session's clock at the gateway, with a network between them that breaks at any moment."""

from collections import deque

import msgspec
import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from streaming.client.outbox import Outbox
from streaming.events import AudioFormat
from streaming.session import Clock, SessionPolicy
from streaming.wire import messages as said
from streaming.wire import native as wire

CREDIT = 64
POLICY = SessionPolicy(credit_s=CREDIT / 16_000)
LONG_AGO_S = 1e6


class Resuming(RuleBasedStateMachine):
    """`sound` and `notes` are what the gateway has; what is not `stored` it loses with its socket."""

    def __init__(self) -> None:
        super().__init__()
        self.outbox = Outbox(AudioFormat(), 30)
        self.pushed = 0
        self.said: list[tuple[str, int]] = []
        self.wire: deque[str | bytes] = deque()
        self.sound: list[int] = []
        self.notes: list[tuple[str, int]] = []
        self.stored = (0, 0)
        self.open()

    def open(self) -> None:
        self.clock = Clock(POLICY, AudioFormat(), self.stored[0])
        self.outbox.opened(self.clock.have, POLICY.credit_s)

    @rule(samples=st.integers(1, 50))
    def push(self, samples: int) -> None:
        self.outbox.push(np.arange(self.pushed, self.pushed + samples).astype("<i2").tobytes())
        self.pushed += samples

    @rule()
    def say(self) -> None:
        ref = self.outbox.ref()
        self.outbox.say(said.AudioFinalize(ref=ref))
        self.said.append((ref, self.pushed))

    @rule(frames=st.integers(1, 5))
    def send(self, frames: int) -> None:
        for _ in range(frames):
            frame = self.outbox._frame()
            if frame is not None:
                self.wire.append(frame)

    @rule(frames=st.integers(1, 5))
    def arrive(self, frames: int) -> None:
        for _ in range(min(frames, len(self.wire))):
            frame = self.wire.popleft()
            if isinstance(frame, bytes):
                self.clock.receive(len(frame) // 2)  # never beyond the credit
                self.sound += np.frombuffer(frame, "<i2").tolist()
                continue
            message = wire.decode(frame)
            assert isinstance(message, said.AudioFinalize), msgspec.to_builtins(message)
            assert message.ref
            if message.ref not in [ref for ref, _ in self.notes]:
                self.notes.append((message.ref, self.clock.received))

    @rule()
    def store(self) -> None:
        self.stored = len(self.sound), len(self.notes)

    @rule()
    def ack(self) -> None:
        self.outbox.acked(self.clock.ack(self.stored[0], self.stored[0], LONG_AGO_S))

    @rule()
    def cut(self) -> None:
        self.wire.clear()
        del self.sound[self.stored[0] :]
        del self.notes[self.stored[1] :]
        self.open()

    @invariant()
    def what_is_there_is_what_was_said(self) -> None:
        assert self.sound == list(range(len(self.sound)))
        assert self.notes == self.said[: len(self.notes)]

    def teardown(self) -> None:
        """In peace all that was said arrives."""
        for _ in range(3 + self.pushed // CREDIT + len(self.said)):
            self.send(10_000 // CREDIT)
            self.arrive(len(self.wire))
            self.store()
            self.ack()
        assert len(self.sound) == self.pushed
        assert self.notes == self.said


TestResuming = Resuming.TestCase
TestResuming.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
