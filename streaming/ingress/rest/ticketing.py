"""`POST /v1/tickets`: whoever has a speaker's key makes a ticket for a page."""

from starlette.responses import Response

from streaming.clock import now_ms
from streaming.ingress import tickets
from streaming.ingress.rest.answering import json
from streaming.ingress.rest.queries import NoQuery
from streaming.ingress.rest.route import Call
from streaming.ingress.rest.shapes import SpeakersTicket, TicketAsked


async def ticket(call: Call[NoQuery, TicketAsked]) -> Response:
    """The ticket. Raises ClientFault, BusDown."""
    asked, gateway = call.body, call.gateway
    seconds = tickets.lasting(gateway.server, asked.seconds)
    expires_at = now_ms() + int(seconds * 1000)
    made = await tickets.issue(
        gateway.bus, tickets.Grant(call.reader.tenant, asked.mode, asked.origin), seconds
    )
    return json(SpeakersTicket(made, tickets.PREFIX + made, expires_at), 201)
