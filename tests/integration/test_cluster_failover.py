"""Sessions over a Redis Cluster one of whose primaries dies for good: its replica, which is behind, takes its place."""

import asyncio

import pytest

from tests.chaos import coded
from tests.chaos.speakers import Speaker, faults, judged
from tests.cluster import answering, cluster, command
from tests.ensemble import ensemble


async def test_a_replica_that_is_behind_takes_over_and_sessions_go_on_and_lose_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Whoever misses a node is to look for another by itself.
    monkeypatch.setattr("streaming.servers.EVERY_S", 1_000)
    with cluster(replicas=True) as nodes:
        async with ensemble(f"redis://127.0.0.1:{nodes[0][0]}") as (where, bus):
            speakers = [Speaker(coded.plan(seed, 4), seed) for seed in range(6)]
            talk = asyncio.gather(*(speaker.run(where, patience_s=25) for speaker in speakers))
            await asyncio.sleep(1.5)
            busiest = max(range(3), key=lambda number: _offset(nodes[number][0]))
            (primary, process), (replica, _) = nodes[busiest], nodes[busiest + 3]
            _cut_off(primary, replica)
            await asyncio.sleep(1)
            behind = [_offset(one) for one in (primary, replica)]
            assert behind[0] - behind[1] > 10_000, "bytes of what was said that the replica has not"
            process.kill()
            process.wait(10)
            await asyncio.to_thread(answering, replica, "ROLE", until="master")
            await talk
            assert faults(await judged(bus, speakers)) == []
            assert [speaker.resumed for speaker in speakers] == [[]] * 6, "nobody was sent away"


def _cut_off(primary: int, replica: int) -> None:
    """The replica is let in no more, and so gets no further."""
    for name in ("masteruser", "masterauth"):
        command(replica, "CONFIG", "SET", name, "nobody")
    command(primary, "CLIENT", "KILL", "TYPE", "replica")
    answering(replica, "INFO", "replication", until="master_link_status:down")


def _offset(port: int) -> int:
    """Bytes of the replication stream that this server has."""
    told = command(port, "INFO", "replication")
    name = "slave_repl_offset:" if "role:slave" in told else "master_repl_offset:"
    return int(told.partition(name)[2].split("\r\n")[0])
