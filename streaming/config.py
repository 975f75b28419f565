"""What can be set: one `Settings` of frozen policies, each beside the code that reads it.

Order: the defaults, the TOML file, the environment `VIVAVOCE_SECTION__KEY`, then the command's flags. `VIVAVOCE_HOME`
and `REDIS_URL` are not settings: they say where things are, and may be set beside any of these.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from asr.policy import AsrPolicy
from llm.policy import LlmPolicy
from moderation.policy import ModerationPolicy
from streaming.archive.policy import ArchivePolicy
from streaming.bus import RedisPolicy
from streaming.ingress.door import ServerPolicy
from streaming.ingress.openai.policy import ApiPolicy
from streaming.ingress.webrtc.policy import WebrtcPolicy
from streaming.leases import LeasePolicy
from streaming.recording.recorder import RecorderPolicy
from streaming.session import SessionPolicy
from streaming.settings import SettingsError, Source, nest, settle
from streaming.wire.audiohook.policy import AudiohookPolicy
from streaming.wire.twilio.policy import TwilioPolicy

PREFIX = "VIVAVOCE_"
# Names that begin like a setting and are none: where the home is, and what the client commands read.
APART = frozenset({"VIVAVOCE_HOME", "VIVAVOCE_URL", "VIVAVOCE_KEY", "VIVAVOCE_READER_KEY"})
FILE = "vivavoce.toml"
ENVIRONMENT = "the environment"


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """All that can be set."""

    server: ServerPolicy = ServerPolicy()
    redis: RedisPolicy = RedisPolicy()
    asr: AsrPolicy = AsrPolicy()
    llm: LlmPolicy = LlmPolicy()
    moderation: ModerationPolicy = ModerationPolicy()
    session: SessionPolicy = SessionPolicy()
    lease: LeasePolicy = LeasePolicy()
    archive: ArchivePolicy = ArchivePolicy()
    api: ApiPolicy = ApiPolicy()
    twilio: TwilioPolicy = TwilioPolicy()
    audiohook: AudiohookPolicy = AudiohookPolicy()
    recorder: RecorderPolicy = RecorderPolicy()
    webrtc: WebrtcPolicy = WebrtcPolicy()


def load(
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, Any] | None = None,
) -> Settings:
    """The settings in force. `file` is read if it exists. Raises SettingsError with one line that says what to mend."""
    return settle(Settings, sources(file, environment, flags))


def sources(
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, Any] | None = None,
) -> list[Source]:
    """Where settings come from, the strongest last. Raises SettingsError."""
    env = os.environ if environment is None else environment
    found = [Source(str(file), _toml(file))] if file is not None and file.exists() else []
    ours = {name: value for name, value in env.items() if name not in APART}
    found.append(Source(ENVIRONMENT, nest(ours, PREFIX), loose=True))
    found.append(Source("the command line", flags or {}, loose=True))
    return found


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as wrong:
        raise SettingsError(f"{file}: cannot be read as TOML: {wrong}") from None
