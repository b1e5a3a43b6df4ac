"""How long `import aisle` and `aisle --help` take in a new process, and the size of the install."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import time
from pathlib import Path

from benchmarks.common import publish, table

RUNS = 7
COMMANDS = {
    "python -c 'pass'": [sys.executable, "-c", "pass"],
    "python -c 'import aisle'": [sys.executable, "-c", "import aisle"],
    "aisle --help": [str(Path(sys.executable).with_name("aisle")), "--help"],
}


def main() -> None:
    rows = []
    for name, command in COMMANDS.items():
        taken = []
        for _ in range(RUNS):
            start = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            taken.append(time.perf_counter() - start)
        taken.sort()
        rows.append((name, f"{taken[0]:.3f}", f"{taken[RUNS // 2]:.3f}", f"{taken[-1]:.3f}"))
    packages = Path(sysconfig.get_path("purelib"))
    size = sum(f.stat().st_size for f in packages.rglob("*") if f.is_file() and not f.is_symlink())
    publish(
        "start_up",
        "Start-up",
        table(("command", "lowest, seconds", "median", "highest"), rows),
        f"Installed packages of this environment: {size / 1e6:,.0f} MB.",
    )
