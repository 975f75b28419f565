"""What one session of `GET /v1/realtime` knows, shared by what hears, what answers and what takes events. Pure."""

from msgspec import Struct

from streaming.wire.openai.realtime import told
from streaming.wire.openai.realtime.conversation import Conversation, respoken, text
from streaming.wire.openai.realtime.outlet import Outlet
from streaming.wire.openai.realtime.session import Able, Session, TurnDetection
from streaming.wire.openai.realtime.shapes import Item
from streaming.wire.openai.realtime.speech import Speech


class State(Struct):
    """`begun`: sound is heard."""

    outlet: Outlet
    able: Able
    session: Session
    conversation: Conversation
    speech: Speech
    begun: bool = False

    @property
    def turns(self) -> TurnDetection | None:
        """When turns are over; None: when the client says so."""
        return self.session.audio.input.turn_detection

    @property
    def transcribes(self) -> bool:
        """Whether words are told."""
        return self.session.audio.input.transcription is not None

    def added(self, item: Item, after: str | None = None, *, whole: bool = True) -> None:
        """An item is put into the conversation, and told. Raises Wrong."""
        self.conversation.put(item, after)
        before = self.conversation.before(item.id)
        self.outlet.tell(told.ItemAdded(item=item, previous_item_id=before))
        if whole:
            self.outlet.tell(told.ItemDone(item=item, previous_item_id=before))

    def taken_back(self, item_id: str, said: str) -> str:
        """An item was told, and some of it must not be shown any more: it is deleted, and what may stay is a new item
        in its place. The id of that."""
        if item_id not in self.conversation:
            return item_id
        item = self.conversation.get(item_id, "retrieve")
        if text(item) == said:
            return item_id
        before = self.conversation.before(item_id) or "root"
        self.conversation.drop(item_id)
        self.outlet.tell(told.ItemDeleted(item_id=item_id))
        if not said.strip():
            return item_id
        instead = respoken(item, said, self.outlet.named("item"))
        self.added(instead, before)
        return instead.id
