"""The client: what a user does (client) or watches (watcher), the connection beneath (link, dial), and what it must
not lose (outbox, ring, arrivals)."""

from streaming.client.arrivals import Message
from streaming.client.client import Client
from streaming.client.dial import ClientPolicy
from streaming.client.watcher import Watcher

__all__ = ["Client", "ClientPolicy", "Message", "Watcher"]
