"""Servers of the tests on loopback ports: one with options, and a cluster of three."""

import contextlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

from tests.stack import CHANCE, free_port

SLOTS = 16_384


def command(port: int, *words: str, password: str = "") -> str:
    """What a server on this port answers, as it is on the wire. Raises OSError."""
    with socket.create_connection(("127.0.0.1", port), 2) as link:
        link.settimeout(5)
        asked = [*([f"AUTH {password}"] if password else []), " ".join(words)]
        reply = b""
        for line in asked:
            link.sendall(line.encode() + b"\r\n")
            reply = link.recv(1 << 16)
        return reply.decode()


@contextlib.contextmanager
def served(*options: str, port: int | None = None) -> Generator[tuple[int, subprocess.Popen[bytes]]]:
    """A redis-server on a port of loopback: the port and its process, which a test may kill."""
    binary = shutil.which("redis-server")
    assert binary, "the tests need Debian's redis-server"
    folder, port = Path(tempfile.mkdtemp(prefix="vv-port-")), port or free_port()
    where = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen([binary, *where, *options], stdout=subprocess.DEVNULL)
    try:
        yield port, process
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait(10)
        shutil.rmtree(folder)


def answering(port: int, *words: str, until: str = "", seconds: float = 15) -> str:
    """What is answered once it holds `until`. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if until in (told := command(port, *words)):
                return told
        time.sleep(0.05)
    raise TimeoutError(f"no {until!r} from port {port}")


@contextlib.contextmanager
def cluster(*more: str, replicas: bool = False) -> Generator[list[tuple[int, subprocess.Popen[bytes]]]]:
    """Three nodes with options that share the slots; with `replicas`, three more that follow them."""
    # A replica may take over however long it heard nothing: on a busy machine an election takes a while.
    lasting = ("--cluster-node-timeout", "1000", "--cluster-replica-validity-factor", "0")
    options = ("--cluster-enabled", "yes", *lasting, *more)
    with contextlib.ExitStack() as stack:
        # The bus of a node is 10000 above its port.
        ports = [_low() for _ in range(6 if replicas else 3)]
        nodes = [stack.enter_context(served(*options, port=port)) for port in ports]
        for n, (port, _) in enumerate(nodes):
            answering(port, "PING", until="PONG")
            if n < 3:
                first, last = n * SLOTS // 3, (n + 1) * SLOTS // 3 - 1
                command(port, "CLUSTER", "ADDSLOTSRANGE", str(first), str(last))
            command(nodes[0][0], "CLUSTER", "MEET", "127.0.0.1", str(port))
        for port, _ in nodes[:3]:
            answering(port, "CLUSTER", "INFO", until="cluster_state:ok")
            answering(port, "CLUSTER", "INFO", until=f"cluster_known_nodes:{len(nodes)}")
        for (port, _), (above, _) in zip(nodes[3:], nodes, strict=False):
            told = command(above, "CLUSTER", "MYID").split("\r\n")[1]
            answering(port, "CLUSTER", "REPLICATE", told, until="OK")
        for port, _ in nodes[3:]:
            answering(port, "INFO", "replication", until="master_link_status:up")
        yield nodes


def _low() -> int:
    """A free port whose cluster bus port is free too: both apart from those of other tests, and below those that the
    kernel gives to connections."""
    while True:
        port = CHANCE.randrange(20_000, 22_500)
        with (
            contextlib.suppress(OSError),
            socket.create_server(("127.0.0.1", port)),
            socket.create_server(("127.0.0.1", port + 10_000)),
        ):
            return port
