"""The client: what a user does (client), the connection beneath it (link), and what it must not lose (outbox, ring,
arrivals)."""

from streaming.client.arrivals import Message
from streaming.client.client import Client
from streaming.client.link import ClientPolicy

__all__ = ["Client", "ClientPolicy", "Message"]
