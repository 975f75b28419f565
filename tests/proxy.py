"""A TCP proxy that does what bad networks do: cut, refuse, swallow, freeze half open, delay, and go at a crawl."""

import contextlib
import itertools
import socket
import threading
import time
from typing import Final

SLICE: Final = 0.05
"""Seconds between two looks of what waits."""


class Proxy:
    """Forwards a loopback port of its own to `ports`: each connection to the next one that takes it."""

    def __init__(self, *ports: int) -> None:
        self._ports = ports
        self._turn = itertools.count()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.refusing = False
        """Take no new connection."""
        self.deaf = False
        """Throw away what clients send, as a network does just before it breaks."""
        self.frozen = False
        """Half open: connections stay, and nothing comes through either way; it waits, and comes later."""
        self.delay_s = 0.0
        """Each piece waits so long."""
        self.rate: float | None = None
        """Bytes a second that clients are sent."""
        threading.Thread(target=self._accept, name="proxy", daemon=True).start()

    def cut(self) -> int:
        """Break all connections now; how many there were."""
        self.deaf = False
        with self._lock:
            broken, self._open = self._open, set()
        for end in broken:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        return len(broken) // 2

    def down(self) -> None:
        """As when a cable is pulled: all connections break, and none is made until `up`."""
        self.refusing = True
        self.cut()

    def up(self) -> None:
        """The network is back."""
        self.refusing = self.frozen = False

    def close(self) -> None:
        """Forward no more."""
        self._listener.close()
        self.frozen = False
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = None if self.refusing else self._connected()
            if far is None:
                near.close()
                continue
            if self.rate is not None:  # else the kernel's buffers hold megabytes in front of a slow reader
                far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            with self._lock:
                self._open |= {near, far}
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, sink, source is near), daemon=True).start()

    def _connected(self) -> socket.socket | None:
        first = next(self._turn)
        for number in range(len(self._ports)):
            port = self._ports[(first + number) % len(self._ports)]
            with contextlib.suppress(OSError):
                return socket.create_connection(("127.0.0.1", port))
        return None

    def _pump(self, source: socket.socket, sink: socket.socket, from_client: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536 if self.rate is None or from_client else 1_024):
                self._wait(0 if from_client else len(data))
                if not (self.deaf and from_client):
                    sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._open -= {source, sink}

    def _wait(self, size: int) -> None:
        """As long as a piece of `size` bytes for a client takes."""
        if self.delay_s:
            time.sleep(self.delay_s)
        if self.rate is not None and size:
            time.sleep(size / self.rate)
        while self.frozen:
            time.sleep(SLICE)
