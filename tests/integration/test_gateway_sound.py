"""Sound is taken as it is read: nothing overtakes anything, and whoever takes nothing makes its client wait."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect
from websockets.frames import Frame, Opcode

from streaming import keys
from streaming.app import configured
from streaming.bus import Bus
from streaming.facts import Finalize, Mark
from streaming.ingress.connection import WAITING, Connection, received, taking
from streaming.ingress.door import ServerPolicy
from streaming.ingress.looking import Look, Looks
from tests.gateway import START, Gateway, eventually
from tests.stack import free_port

FRAME = bytes(640)


@asynccontextmanager
async def serving(talk: Callable[[WebSocket], Awaitable[None]]) -> AsyncGenerator[str]:
    """Where `talk` serves, on our HTTP port as it is set up for clients."""
    config = configured(Starlette(routes=[WebSocketRoute("/", talk)]), ServerPolicy(port=free_port()))
    server = uvicorn.Server(config)
    running = asyncio.ensure_future(server._serve())  # without its signal handlers
    while not server.started:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    yield f"ws://127.0.0.1:{config.port}/"
    server.should_exit = True
    await running


async def test_a_mark_stands_where_it_was_said_though_all_came_in_one_read(
    gateway: Gateway, bus: Bus
) -> None:
    async with connect(gateway.url, compression=None) as client:
        await client.send(START)
        sid = json.loads(await client.recv())["session_id"]
        said = Frame(Opcode.TEXT, b'{"type":"audio.finalize"}').serialize(mask=True)
        sound = Frame(Opcode.BINARY, FRAME).serialize(mask=True)
        client.transport.write(3 * sound + said + 2 * sound + said + sound)
        entries = await eventually(
            lambda: bus.read(keys.audio(sid)), lambda found: sum(len(one.pcm) for one in found) == 6 * 640
        )
    marks = [one.id.split("-")[0] for one in entries if one.body]
    assert [msgspec.json.decode(one.body, type=Mark) for one in entries if one.body] == [
        Finalize(),
        Finalize(),
    ]
    assert marks == ["960", "1600"]


async def test_sound_wakes_nobody_and_a_text_behind_it_comes_behind_it() -> None:
    taken, woken = list[bytes](), list[tuple[int, str]]()

    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        with taking(socket, taken.append):
            while (message := await received(socket))["type"] != "websocket.disconnect":
                woken.append((len(taken), message["text"]))
                await socket.send_text("so it is")

    async with serving(talk) as url, connect(url, compression=None) as client:
        for number in range(3):
            for _ in range(50):
                await client.send(FRAME)
            await client.send(f"after {number}")
            await client.recv()
    assert woken == [(50, "after 0"), (100, "after 1"), (150, "after 2")]


async def test_what_taking_raises_comes_up_where_messages_are_received() -> None:
    wrong = asyncio.get_running_loop().create_future()

    def refuse(data: bytes) -> None:
        raise ValueError(len(data))

    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        with taking(socket, refuse):
            try:
                await received(socket)
            except ValueError as error:
                wrong.set_result(error.args)

    async with serving(talk) as url, connect(url, compression=None) as client:
        await client.send(FRAME)
        assert await asyncio.wait_for(wrong, 5) == (640,)


async def test_a_socket_whose_messages_nobody_takes_is_not_read_and_loses_nothing() -> None:
    go, most, got = asyncio.Event(), list[int](), list[int]()
    count = 20_000

    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        connection: Connection = socket.state.connection
        while not go.is_set():
            most.append(connection.queue.qsize() * len(FRAME))
            await asyncio.sleep(0.01)
        while len(got) < count:
            got.append(int.from_bytes((await received(socket))["bytes"][:4]))

    async with serving(talk) as url, connect(url, compression=None) as client:
        sending = asyncio.ensure_future(_numbered(client.send, count))
        await asyncio.sleep(0.5)
        assert not sending.done()
        go.set()
        await asyncio.wait_for(sending, 20)
        await eventually(_of(got), lambda found: len(found) == count)
    assert max(most) < WAITING + (1 << 18) + 1_000  # what waited, and one read
    assert got == list(range(count))


async def _numbered(send: Callable[[bytes], Awaitable[None]], count: int) -> None:
    for number in range(count):
        await send(number.to_bytes(4) + FRAME[4:])


def _of(got: list[int]) -> Callable[[], Awaitable[list[int]]]:
    async def read() -> list[int]:
        return got

    return read


class Counting(Bus):
    """A bus that counts its round trips of several commands."""

    trips = 0

    async def each(self, *commands: Sequence[str | bytes | int]) -> list[object]:
        self.trips += 1
        return await super().each(*commands)


async def test_all_sessions_are_looked_up_in_one_round_trip(bus: Bus, redis_url: str) -> None:
    for number in range(20):
        await bus.call("HSET", keys.session(f"s{number}"), "socket", number)
        await bus.call("HSET", keys.stage(f"s{number}", "asr"), "at", number * 320)
    counting = Counting(redis_url)
    try:
        looks = Looks(counting)
        found = await asyncio.gather(*(looks.look(f"s{number}") for number in range(21)))
        assert counting.trips == 1
        assert found[:20] == [Look(b"%d" % number, number * 320) for number in range(20)]
        assert found[20] == Look(None, 0)
    finally:
        await counting.close()
