"""An installation under test: its folder, its port, and every process that belongs to it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from erp.run import children

ROOT = Path(__file__).resolve().parents[3]
STAND_IN = Path(__file__).with_name("stand_in.py")


@dataclass
class Started:
    """A supervisor running in a process of its own."""

    process: subprocess.Popen[str]
    port: int
    var: Path
    lines: list[str] = field(default_factory=list)

    def read_until(self, word: str) -> str:
        """Its output up to the line that holds `word`."""
        for line in self.process.stdout:
            self.lines.append(line)
            if word in line:
                break
        else:
            raise AssertionError(f"ended without {word!r}: {''.join(self.lines)} {self.process.stderr.read()}")
        return "".join(self.lines)


@dataclass
class Installation:
    """A `var` folder and a port, and what runs on them."""

    var: Path
    port: int
    started: list[Started] = field(default_factory=list)

    def environment(self, **changes: str) -> dict[str, str]:
        """Nothing of the machine's own environment but what Python needs."""
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "MILLRACE_VAR": str(self.var),
            "PORT": str(self.port),
            **changes,
        }

    def start_whole(self, **changes: str) -> Started:
        """Start the whole product as its users do."""
        return self.start([sys.executable, "-m", "erp", "run"], **changes)

    def start(self, command: list[str] | None = None, **changes: str) -> Started:
        """Start the supervisor over its stand-ins; `changes` are environment variables."""
        process = subprocess.Popen(
            command or [sys.executable, str(STAND_IN)],
            env=self.environment(**changes),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self.started.append(Started(process, self.port, self.var))
        return self.started[-1]

    def refusal(self, **changes: str) -> str:
        """What a start that must fail writes to stderr."""
        started = self.start(**changes)
        _, errors = started.process.communicate(timeout=30)
        assert started.process.returncode == 1, errors
        assert errors.count("\n") == 1, errors
        return errors.strip()

    def end(self) -> None:
        """End everything that was started here."""
        for started in self.started:
            if started.process.poll() is None:
                started.process.kill()
            started.process.communicate()
        for pid in self.wait_gone(5):
            os.kill(pid, signal.SIGKILL)
        children.drop_socket_folder(self.var / "sockets")

    def processes(self) -> dict[int, str]:
        """Everything alive that was started for this installation: by its environment, or the folder it stands in.

        PostgreSQL and Redis write their titles over their environment; a fork has its starter's command, and a name.
        """
        marker = f"MILLRACE_VAR={self.var}".encode()
        found = {}
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit() and int(folder.name) != os.getpid():
                with contextlib.suppress(OSError):
                    command = (folder / "cmdline").read_bytes()
                    name = (folder / "comm").read_text().strip()
                    stands = (folder / "cwd").resolve().is_relative_to(self.var)
                    if command and (stands or marker in (folder / "environ").read_bytes()):
                        found[int(folder.name)] = f"{name}: {command.replace(bytes(1), b' ').decode()}"
        return found

    def wait_gone(self, seconds: float) -> dict[int, str]:
        """What is left of its processes after at most that time."""
        deadline = time.monotonic() + seconds
        while (left := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return left


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
