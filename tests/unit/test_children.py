"""monitor.embedded.children: processes that end when they should."""

import sys
from pathlib import Path

from monitor.embedded.children import Child, free_port, port_open, spawn, stop

SERVE = "import socket,time; s=socket.create_server(('127.0.0.1',{port})); time.sleep(60)"
WAIT = """
import socket
while True:
    try:
        socket.create_connection(("127.0.0.1", {port})).close()
    except ConnectionRefusedError:
        break
"""
DEAF = (
    "import signal,socket,time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "s=socket.create_server(('127.0.0.1',{port})); time.sleep(60)"
)


def python(code: str, folder: Path, port: int = 0) -> Child:
    command = [sys.executable, "-I", "-S", "-c", code.format(port=port)]
    return spawn("child", command, output=folder / "log", folder=folder)


async def test_a_child_listens_and_ends_when_stopped(tmp_path: Path) -> None:
    port = free_port()
    child = python(SERVE, tmp_path, port)
    assert await port_open(port, child, 10)
    assert child.ended is None
    await stop(child)
    assert child.ended is not None
    await stop(child)


async def test_a_child_that_will_not_end_is_killed(tmp_path: Path) -> None:
    port = free_port()
    child = python(DEAF, tmp_path, port)
    assert await port_open(port, child, 10)
    await stop(child)
    assert child.ended == -9


async def test_a_child_that_dies_never_opens_its_port(tmp_path: Path) -> None:
    child = python("raise SystemExit(7)", tmp_path)
    assert not await port_open(free_port(), child, 30)
    assert child.ended == 7


async def test_a_child_that_never_listens_is_given_up(tmp_path: Path) -> None:
    child = python("import time; time.sleep(60)", tmp_path)
    assert not await port_open(free_port(), child, 0.1)
    assert child.ended is None
    await stop(child)
    assert child.ended is not None


async def test_what_a_child_says_is_kept_and_it_runs_in_its_folder(tmp_path: Path) -> None:
    for _ in range(2):
        child = python("import os; print(os.getcwd()); raise ValueError('why')", tmp_path)
        child.process.wait(10)
    log = (tmp_path / "log").read_text()
    assert log.count(str(tmp_path.resolve())) == 2
    assert log.count("ValueError: why") == 2


async def test_a_child_ends_with_a_killed_parent(tmp_path: Path) -> None:
    port = free_port()
    parent = python(
        "import sys; sys.path[:0] = " + repr(sys.path).replace("{", "{{").replace("}", "}}") + "\n"
        "from pathlib import Path\n"
        "from monitor.embedded.children import spawn\n"
        f"here = Path({str(tmp_path)!r})\n"
        f"code = {SERVE.format(port=port)!r}\n"
        "child = spawn('grandchild', [sys.executable, '-c', code], output=here / 'g', folder=here)\n"  # noqa: E501
        "child.process.wait()\n",
        tmp_path,
    )
    assert await port_open(port, parent, 20)
    parent.process.kill()
    parent.process.wait(10)
    waits = python(WAIT, tmp_path, port)  # the kernel closes the port with the grandchild
    assert waits.process.wait(10) == 0
