"""Servers as real processes: started by their command lines, watched, and always stopped."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PATIENCE_SECONDS = 180.0
_LITSERVE = Path(__file__).parent / "litserve_server.py"


@dataclass(frozen=True)
class Server:
    """A server that answers."""

    process: int
    port: int
    host: str = "127.0.0.1"

    def get(self, path: str) -> tuple[int, str]:
        """Return status and text of an answer; raises OSError without one."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error
        finally:
            connection.close()

    def memory_mib(self) -> float:
        """Return the resident memory of all its processes."""
        return sum(map(_resident_kib, self.processes())) / 1024

    def processes(self) -> list[int]:
        """Return its processes: the session that was begun for it."""
        return [pid for pid in _numbers() if _session(pid) == self.process]

    def workers(self) -> set[int]:
        """Return the processes of Aisle's server that answer."""
        return {pid for pid in self.processes() if "spawn_main" in _told(pid, "cmdline")}


@contextmanager
def aisle_server(bundle: Path, *options: str) -> Iterator[Server]:
    """Run ``aisle serve``."""
    with tempfile.TemporaryDirectory() as folder:
        up = Path(folder) / "up.json"
        command = [sys.executable, "-m", "aisle", "serve", str(bundle)]
        command += ["--port", "0", "--json", str(up), *options]
        with _running(command) as process:
            _until(up.exists, process)
            port = int(json.loads(up.read_text("utf-8"))["url"].rpartition(":")[2])
            server = Server(process.pid, port)
            _until(lambda: server.get("/v2/health/ready")[0] == 200, process)
            yield server


@contextmanager
def mlflow_server(model: Path) -> Iterator[Server]:
    """Run ``mlflow models serve`` on a model that was saved with Aisle's flavour."""
    port = _free_port()
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", str(model)]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--env-manager", "local"]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    with _running(command, PATH=path, MLFLOW_DISABLE_TELEMETRY="true") as process:
        server = Server(process.pid, port)
        _until(lambda: server.get("/ping")[0] == 200, process)
        yield server


@contextmanager
def litserve_server(python: str, bundle: Path) -> Iterator[Server]:
    """Run LitServe with the Python of its own environment."""
    port = _free_port()
    with _running([python, str(_LITSERVE), str(bundle), str(port)]) as process:
        server = Server(process.pid, port)
        _until(lambda: server.get("/health")[0] == 200, process)
        yield server


@contextmanager
def _running(command: list[str], **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command in a session of its own, all of which is ended with the block."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        except BaseException:
            log.seek(0)
            sys.stderr.write(log.read()[-4_000:].decode(errors="replace"))
            raise
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(30)
            # What is left of the session, workers that outlived their parent for one.
            for pid in [pid for pid in _numbers() if _session(pid) == process.pid]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.wait()


def _until(holds: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        with suppress(OSError):
            if holds():
                return
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"{process.args!r} does not answer (it said the above)")
        time.sleep(0.05)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return int(bound.getsockname()[1])


def _numbers() -> list[int]:
    return [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]


def _told(pid: int, name: str) -> str:
    try:
        return Path("/proc", str(pid), name).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _session(pid: int) -> int:
    fields = _told(pid, "stat").rpartition(")")[2].split()
    return int(fields[3]) if len(fields) > 3 and fields[0] != "Z" else 0


def _resident_kib(pid: int) -> int:
    for line in _told(pid, "status").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0
