"""The whole service: the roles as child processes, above a Redis-compatible server of their own where it is needed."""

import asyncio
import os
import shutil
import signal
import ssl
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from rich.console import Console

from streaming.config import Settings
from streaming.machine import embedded
from streaming.refusal import Refusal
from streaming.service import listening
from streaming.service.output import Output
from streaming.service.supervise import Role, RoleFailed, Supervisor

ROLES = ("gateway", "asr", "responder", "moderator", "recorder")
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Service:
    """The roles and, where there is no other, the Redis-compatible server below them."""

    def __init__(self, place: Path, settings: Settings, config: Path | None, console: Console) -> None:
        self._home = place
        self._settings = settings
        self._console = console
        self._url = settings.redis.url or os.environ.get("REDIS_URL", "")
        self._server: embedded.Running | None = None
        self._output = Output(place / "logs", console)
        extra = ["--config", str(config.absolute())] if config else []
        self._roles = [
            Role(role, [sys.executable, "-P", "-m", "vivavoce", "serve", "--role", role, *extra])
            for role in ROLES
        ]

    async def run(self, began: float) -> int:
        """Until a stop signal; `began` (monotonic) is when the user asked. Raises Refusal."""
        if not self._url:
            self._server = self._embedded()
            self._url = self._server.url
        supervisor = Supervisor(self._roles, self._environment(), self._say, self._output.take)
        for number in STOP_SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self._stop, supervisor)
        beside = [
            asyncio.create_task(self._announce(supervisor, began), name="announce"),
            asyncio.create_task(self._keep_server(supervisor), name="keep server"),
        ]
        try:
            await supervisor.run()
        except RoleFailed as failed:
            raise self._explained(failed) from None
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            if self._server is not None:  # the last to go: the roles write until they end
                embedded.stop(self._server)
            self._output.close()
        self._console.print("Stopped.")
        return 0

    def _embedded(self) -> embedded.Running:
        strict = self._settings.redis.durability == "strict"
        return embedded.start(embedded.binary(self._home), self._home, strict=strict)

    def _environment(self) -> dict[str, str]:
        server = self._settings.server
        ours = {
            "REDIS_URL": self._url,
            "VIVAVOCE_HOME": str(self._home),
            "VIVAVOCE_SERVER__HOST": server.host,
            "VIVAVOCE_SERVER__PORT": str(server.port),
            "PYTHONUNBUFFERED": "1",
        }
        if server.tls_cert:
            ours["VIVAVOCE_SERVER__TLS_CERT"] = str(Path(server.tls_cert).absolute())
            ours["VIVAVOCE_SERVER__TLS_KEY"] = str(Path(server.tls_key).absolute())
        return dict(os.environ) | ours

    def _say(self, line: str) -> None:
        self._console.print(f"  {line}", style="yellow", highlight=False)

    def _stop(self, supervisor: Supervisor) -> None:
        self._console.print("Stopping …")
        supervisor.stop()

    def _explained(self, failed: RoleFailed) -> RoleFailed:
        role = next((role for role in ROLES if f"role {role} " in str(failed)), "")
        words = self._output.last_words(role).removeprefix("vivavoce: ")
        return RoleFailed(
            f"{failed}{': ' + words if words else ''} (its log: {self._home / 'logs' / role}.log)"
        )

    async def _keep_server(self, supervisor: Supervisor) -> None:
        """Starts the embedded server again when it died: what it had appended is on disk."""
        while self._server is not None:
            await asyncio.sleep(0.5)
            if self._server.process.poll() is not None:
                self._say("the embedded Redis server ended; it starts again")
                try:
                    self._server = self._embedded()
                except Refusal as wrong:
                    self._say(str(wrong))
                    supervisor.stop()
                    return

    async def _announce(self, supervisor: Supervisor, began: float) -> None:
        where = listening.address(self._settings.server)
        self._console.print(f"Starting {', '.join(ROLES)} …")
        while not await asyncio.to_thread(ready, where):  # noqa: ASYNC110 - another process becomes ready
            await asyncio.sleep(0.1)
        supervisor.ever_ready = True
        command = "vivavoce" if shutil.which("vivavoce") else sys.argv[0]
        self._console.print(
            f"\n[bold]Vivavoce is ready at [link={where}]{where}[/link][/bold]  ({time.monotonic() - began:.1f} s)\n\n"
            f"  Open {where} and speak, or from another terminal:\n"
            f"    {command} transcribe FILE\n    {command} chat\n\n  Ctrl-C stops it.\n",
            highlight=False,
        )


def ready(where: str) -> bool:
    """Whether the service at `where` says that it is ready."""
    try:
        # Never through a proxy of the environment: the service is on this machine.
        # Nor is its certificate looked at: it may be for the name by which others know this machine.
        unseen = ssl.create_default_context()
        unseen.check_hostname, unseen.verify_mode = False, ssl.CERT_NONE
        known = urllib.request.HTTPSHandler(context=unseen)
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), known)
        with direct.open(f"{where}/readyz", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False
