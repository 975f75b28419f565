"""Two network namespaces joined by a cable that loses packets: a server's and a client's. Needs root, ip and nft."""

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Generator

SERVER, CLIENT = "10.203.7.1", "10.203.7.2"
"""Addresses that are inside of these namespaces alone."""
TABLE = "vivavoce_loss"


def cannot() -> str | None:
    """Why namespaces cannot be made here; None: they can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    missing = [name for name in ("ip", "nft") if not shutil.which(name)]
    if missing:
        return f"network namespaces need {', '.join(missing)} (Debian: iproute2, nftables)"
    probe = f"vvp{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", probe], capture_output=True, text=True, check=False)
    if made.returncode:
        return f"network namespaces cannot be made here: {made.stderr.strip()}"
    ruled = subprocess.run(
        ["ip", "netns", "exec", probe, "nft", "add", "table", "inet", TABLE],
        capture_output=True,
        text=True,
        check=False,
    )
    subprocess.run(["ip", "netns", "del", probe], check=True)
    return f"nft cannot be used here: {ruled.stderr.strip()}" if ruled.returncode else None


class Cable:
    """The namespaces `server` and `client`."""

    def __init__(self) -> None:
        self.server, self.client = (f"vv{os.getpid()}{side}" for side in "sc")

    def lose(self, per_cent: int) -> None:
        """From now on so many of a hundred packets (UDP and TCP) that come in on either side are dropped at random."""
        for name in (self.server, self.client):
            nft = ["ip", "netns", "exec", name, "nft"]
            subprocess.run([*nft, "delete", "table", "inet", TABLE], capture_output=True, check=False)
            rules = f"""table inet {TABLE} {{
                chain lost {{
                    meta l4proto udp counter drop
                    drop
                }}
                chain in {{
                    type filter hook input priority 0;
                    iifname "lo" accept
                    meta l4proto udp counter
                    meta l4proto {{ tcp, udp }} numgen random mod 100 < {per_cent} jump lost
                }}
            }}"""
            subprocess.run([*nft, "-f", "-"], input=rules, text=True, check=True)

    def counted(self) -> tuple[int, int]:
        """UDP packets that came to the server since `lose`, and how many of them were dropped."""
        listed = subprocess.run(
            ["ip", "netns", "exec", self.server, "nft", "-j", "list", "table", "inet", TABLE],
            capture_output=True,
            text=True,
            check=True,
        )
        counts = {
            entry["rule"]["chain"]: part["counter"]["packets"]
            for entry in json.loads(listed.stdout)["nftables"]
            for part in entry.get("rule", {}).get("expr", [])
            if "counter" in part
        }
        return counts["in"], counts["lost"]


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True, text=True)


@contextlib.contextmanager
def cable() -> Generator[Cable]:
    """They are there within."""
    one = Cable()
    try:
        for name in (one.server, one.client):
            _run("ip", "netns", "add", name)
            _run("ip", "-n", name, "link", "set", "lo", "up")
        _run(
            "ip",
            "-n",
            one.server,
            "link",
            "add",
            "cable",
            "type",
            "veth",
            "peer",
            "cable",
            "netns",
            one.client,
        )
        for name, address in ((one.server, SERVER), (one.client, CLIENT)):
            _run("ip", "-n", name, "address", "add", f"{address}/24", "dev", "cable")
            _run("ip", "-n", name, "link", "set", "cable", "up")
        yield one
    finally:
        for name in (one.server, one.client):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
