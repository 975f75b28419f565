"""Sessions from start to end over a Redis Cluster, one of whose nodes dies meanwhile."""

import asyncio

import pytest

from streaming.bus import BusDown
from tests.chaos import coded
from tests.chaos.speakers import Speaker, faults, judged
from tests.cluster import answering, cluster, command, served
from tests.ensemble import ensemble

OPTIONS = ("--appendonly", "yes", "--appendfsync", "always")
MEMBER = ("--cluster-enabled", "yes", "--cluster-node-timeout", "1000")


async def test_sessions_on_all_nodes_wait_while_one_of_these_is_dead_and_lose_nothing() -> None:
    with cluster(*OPTIONS) as nodes:
        async with ensemble(f"redis://127.0.0.1:{nodes[0][0]}") as (where, bus):
            speakers = [Speaker(coded.plan(seed, 3), seed) for seed in range(6)]
            talk = asyncio.gather(*(speaker.run(where, patience_s=25) for speaker in speakers))
            await asyncio.sleep(1)
            port, process = nodes[2]
            folder = command(port, "CONFIG", "GET", "dir").split("\r\n")[4]
            process.kill()
            process.wait(10)
            with pytest.raises(BusDown):
                await bus.probe()
            await asyncio.sleep(0.5)
            assert not talk.done()
            with served(*MEMBER, *OPTIONS, "--dir", folder, port=port):
                answering(port, "CLUSTER", "INFO", until="cluster_state:ok")
                await talk
                await asyncio.wait_for(bus.standing.up(), 5)
                assert faults(await judged(bus, speakers)) == []
                assert [speaker.resumed for speaker in speakers] == [[]] * 6, "nobody was sent away"
