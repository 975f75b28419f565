"""One role of the service in this process."""

from streaming.config import Settings


async def run_role(role: str, settings: Settings, redis_url: str) -> None:
    """Run `role` until it is cancelled, which is what a stop signal does."""
    raise NotImplementedError(role)
