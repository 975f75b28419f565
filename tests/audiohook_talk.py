"""A client and a hook of AudioHook, without a socket between them."""

import json
from collections.abc import Sequence
from typing import Any

from streaming.events import SessionStarted
from streaming.session import SessionPolicy
from streaming.wire import telephone as acts
from streaming.wire.audiohook.hook import Hook
from streaming.wire.audiohook.policy import AudiohookPolicy
from tests.audiohook import Envelopes, opening

STARTED = SessionStarted("s", "transcribe", [], SessionPolicy().limits(), "")


class Talk(Envelopes):
    """A client and a hook without a socket."""

    def __init__(self, policy: AudiohookPolicy | None = None, headers: dict[str, str] | None = None) -> None:
        super().__init__()
        self.hook = Hook(policy or AudiohookPolicy(), headers or {})

    def say(self, kind: str, **parameters: Any) -> list[acts.Act]:
        return list(self.hook.read(self.write(kind, **parameters)))

    def heard(self, them: Sequence[acts.Act]) -> list[dict[str, Any]]:
        """What is sent."""
        return [json.loads(self.hook.written(act.message)) for act in them if isinstance(act, acts.Send)]

    def opened(self, **more: Any) -> list[acts.Act]:
        """A session that goes on."""
        begun = self.say("open", **opening(**more))
        [told] = self.heard(self.hook.tell("1-0", STARTED))
        assert told["type"] == "opened"
        self.serverseq = told["seq"]
        return begun
