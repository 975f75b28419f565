"""What a request brings, whole, and no more than it may be."""

from starlette.requests import Request

from streaming.errors import ClientFault


async def body(request: Request, most: int) -> bytes:
    """The body. Raises ClientFault (`too_large`): it has more than `most` bytes."""
    came = bytearray()
    async for part in request.stream():
        came += part
        if len(came) > most:
            raise ClientFault("too_large", f"the body has more than {most} bytes: send less")
    return bytes(came)
