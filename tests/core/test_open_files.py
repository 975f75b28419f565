"""How many sockets a service may have."""

import resource
import subprocess
import sys

SERVE = """
import argparse, resource, sys
from streaming.machine import home
from streaming.service import serving
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
class Begun(Exception): ...
def prepare(): raise Begun
home.prepare = prepare
try:
    serving.run(argparse.Namespace())
except Begun:
    print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


def test_a_service_may_open_as_many_sockets_as_its_machine_allows() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    told = subprocess.run([sys.executable, "-c", SERVE], capture_output=True, text=True, check=True)
    assert int(told.stdout) == hard
