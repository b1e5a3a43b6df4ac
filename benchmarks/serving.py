"""`aisle serve` beside `aisle predict` in batch, MLflow's scoring server and LitServe.

LitServe lives in an environment of its own, with Aisle beside it; without one its lines are left
out::

    python3.11 -m venv peer && peer/bin/pip install . litserve
    AISLE_LITSERVE=peer/bin/python python -m benchmarks serving

AISLE_SERVING_SECONDS shortens every measurement (20 unless set), AISLE_OVERLOAD_SECONDS the one of
overload (600).
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib.metadata import version
from pathlib import Path

import pyarrow.parquet as pq

from aisle import Catalog
from benchmarks.common import encoder_folders, publish, shared, table
from benchmarks.load import NO_ANSWER, Load, arrive
from benchmarks.peers.servers import Server, aisle_server, litserve_server, mlflow_server
from benchmarks.serving_answers import equal_answers
from benchmarks.serving_cases import AISLE, AISLE_TWICE, CONNECTIONS, SECONDS, Case, trained

ROUNDS = 3 if SECONDS >= 10 else 1
TOGETHER = 32
COPIES = 10
START = 50
DEADLINE_MS = 1_000
OVERLOAD_SECONDS = float(os.environ.get("AISLE_OVERLOAD_SECONDS", "600"))
GOAL = 0.85

Start = Callable[[], AbstractContextManager[Server]]


def main() -> None:
    os.environ["AISLE_ENCODERS"] = str(encoder_folders())
    with tempfile.TemporaryDirectory() as folder:
        catalog = Catalog.read(shared("flipkart", "catalog.csv"), target="category")
        place, images = Path(folder), "with photographs"
        cases = [
            trained(place, "fast, text only", catalog, "image=null", recipe="fast", copies=COPIES),
            trained(place, f"fast, {images}", catalog, recipe="fast"),
            trained(place, f"balanced, {images}", catalog, recipe="balanced"),
        ]
        publish("serving", "aisle serve under load, Flipkart's categories", *measured(cases))


def measured(cases: Sequence[Case]) -> list[str]:
    """Measure everything, and return the sections that tell of it."""
    return [
        f"Each measurement takes {SECONDS:g} s, {ROUNDS} rounds where there is a spread. The load "
        "generator runs on the same cores as the servers, and takes the share of one core that "
        f"the tables name. The machine's load before: {os.getloadavg()[0]:.1f}.",
        *equal_answers(cases),
        *batch_share(cases),
        *one_product(cases),
        *beside_peers(cases[:2]),
        *overload(cases[0]),
        *killed(cases[0]),
    ]


def batch_share(cases: Sequence[Case]) -> list[str]:
    """Products a second of full requests, as a share of ``aisle predict``."""
    lines = []
    for one in cases:
        for workers in (1, 2):
            shares, rates, batches, own, bad = [], [], [], [], 0
            for _ in range(ROUNDS):
                batches.append(batch_rate(one))
                with STARTS[workers](one.bundle) as server:
                    load = one.saturated(server, TOGETHER, CONNECTIONS * workers)
                rates.append(load.rate() * TOGETHER)
                shares.append(rates[-1] / batches[-1])
                own.append(load.own_share())
                bad += len(load.outcomes) - load.count(200)
            line = (one.name, workers, middle(batches), middle(rates), spread(shares))
            lines.append((*line, f"{max(own):.2f}", bad))
            print(*lines[-1], flush=True)
    header = ("model", "workers", "aisle predict, products/s", "aisle serve, products/s",
              "share: lowest, median, highest", "generator, cores", "not answered")  # fmt: skip
    return [
        f"## Throughput with {TOGETHER} products a request",
        f"At saturation, {CONNECTIONS} connections a worker; the goal is {GOAL:.0%}. The rate of "
        "`aisle predict` is of the command line, what it needs to start taken off (the seconds of "
        f"{START} products), the feature cache off in both.",
        table(header, lines),
    ]


def batch_rate(one: Case) -> float:
    """Return products a second of ``aisle predict``, its start taken off."""
    rows = int(pq.read_metadata(one.batch).num_rows)
    return (rows - START) / (predict_seconds(one, rows) - predict_seconds(one, START))


def predict_seconds(one: Case, count: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        part, told = Path(folder) / "part.parquet", Path(folder) / "run.json"
        pq.write_table(pq.read_table(one.batch).slice(0, count), part)
        command = [sys.executable, "-m", "aisle", "predict", str(one.bundle), str(part)]
        command += ["--out", str(Path(folder) / "out.parquet"), "--json", str(told)]
        quiet = {**os.environ, "AISLE_FEATURE_CACHE": "off"}
        subprocess.run(command, env=quiet, check=True, capture_output=True)
        seconds: float = json.loads(told.read_text("utf-8"))["seconds"]
        return seconds


def one_product(cases: Sequence[Case]) -> list[str]:
    """Latency of single products at half of what saturates the server."""
    lines = []
    for one in cases:
        with aisle_server(one.bundle) as server:
            most = one.saturated(server, 1, CONNECTIONS * 2)
            load = one.arriving(server, most.rate() / 2)
        line = (one.name, f"{most.rate():,.0f}", f"{most.rate() / 2:,.0f}")
        lines.append((*line, *latencies(load), f"{load.late_ms(99):.1f}",
                      f"{load.own_share():.2f}", len(load.outcomes) - load.count(200)))  # fmt: skip
        print(*lines[-1], flush=True)
    header = ("model", "saturation, requests/s", "sent/s", "p50, ms", "p95, ms", "p99, ms",
              "sent late p99, ms", "generator, cores", "not answered")  # fmt: skip
    return [
        "## Latency with one product a request",
        "One worker. Requests come at Poisson times at half of the rate that saturates the server; "
        "latency counts from the time at which a request was due, whether or not it could be sent "
        "then. How late the generator sent is in it.",
        table(header, lines),
    ]


def beside_peers(cases: Sequence[Case]) -> list[str]:
    """The same bundle and products behind other servers, in the same run."""
    lines = []
    for one in cases:
        starts = servers(one)
        most = {}
        for name, start in starts.items():
            with start() as server:
                most[name] = (
                    one.saturated(server, 1, CONNECTIONS * 2, peer=name),
                    one.saturated(server, TOGETHER, CONNECTIONS, peer=name),
                )
        rate = min(single.rate() for single, _ in most.values()) / 2
        at_rate = {}
        for name, start in starts.items():
            with start() as server:
                at_rate[name] = one.arriving(server, rate, peer=name)
        ours = (*most[AISLE], at_rate[AISLE])
        for name, (single, full) in most.items():
            found = (single, full, at_rate[name])
            lines.append((one.name, name, *compared(found, ours), f"{rate:.0f}"))
            print(*lines[-1], flush=True)
    header = ("model", "server", "1 a request, requests/s", f"{TOGETHER} a request, products/s",
              "p50, ms", "p99, ms", "p99 saturated, ms", "Aisle: requests, products, p99",
              "sent/s")  # fmt: skip
    peers = f"MLflow {version('mlflow')}" + litserve_version()
    return [
        "## Beside MLflow's scoring server and LitServe",
        f"The same bundle behind {peers}: `mlflow models serve` with Aisle's pyfunc flavour, and a "
        "LitServe API that answers up to 64 requests together within 2 ms. MLflow and the first "
        "Aisle are one process, LitServe is two (its inference beside its web server), and so is "
        "the second Aisle. p50 and p99 with one product a request at half of what the slowest of "
        "them can do, at Poisson times; then at saturation. The ratios say how many times as much "
        f"Aisle with one worker answers, for requests of one product and of {TOGETHER}, and its "
        "p99 as a share of the other's.",
        table(header, lines),
    ]


def servers(one: Case) -> dict[str, Start]:
    """Return how to start each server of a bundle."""
    from mlflow.pyfunc import save_model

    from aisle.experiments.tracking.mlflow_runs import FLAVOUR
    from aisle.experiments.tracking.signature import requirements, signature
    from aisle.models import load_model

    saved = one.bundle.with_suffix(".mlflow")
    loaded = signature(load_model(one.bundle))
    save_model(
        str(saved),
        loader_module=FLAVOUR,
        data_path=str(one.bundle),
        signature=loaded,
        pip_requirements=requirements(),
    )
    found: dict[str, Start] = {
        AISLE: lambda: aisle_server(one.bundle),
        AISLE_TWICE: lambda: two_workers(one.bundle),
        "MLflow": lambda: mlflow_server(saved),
    }
    python = os.environ.get("AISLE_LITSERVE")
    if python is None:
        print("LitServe is left out: AISLE_LITSERVE names no Python that has it", flush=True)
    else:
        found["LitServe"] = lambda: litserve_server(python, one.bundle)
    return found


def compared(found: tuple[Load, Load, Load], ours: tuple[Load, Load, Load]) -> tuple[str, ...]:
    single, full, calm = found
    ratios = (
        ours[0].rate() / max(single.rate(), 1e-9),
        ours[1].rate() / max(full.rate(), 1e-9),
        ours[2].latency_ms(99) / calm.latency_ms(99),
    )
    figures = (f"{single.rate():,.0f}", f"{full.rate() * TOGETHER:,.0f}")
    times = (calm.latency_ms(50), calm.latency_ms(99), single.latency_ms(99))
    return (*figures, *(f"{one:.1f}" for one in times), "{:.2f}, {:.2f}, {:.2f}".format(*ratios))


def overload(one: Case) -> list[str]:
    """Twice what the server can do: who is answered, who is refused, and at what cost."""
    with aisle_server(one.bundle) as server:
        most = one.saturated(server, TOGETHER, CONNECTIONS)
        start, seen = server.memory_mib(), []

        async def watch() -> None:
            end = time.monotonic() + OVERLOAD_SECONDS
            while time.monotonic() < end:
                seen.append(await asyncio.to_thread(server.memory_mib))
                await asyncio.sleep(0.5)

        target, requests = one.requests(server, TOGETHER, X_Deadline_Ms=str(DEADLINE_MS))
        rate = 2 * most.rate()
        load = arrive(target, requests, seconds=OVERLOAD_SECONDS, rate=rate, beside=watch())
        time.sleep(2)
        end = server.memory_mib()
    answered = [each.seconds * 1e3 for each in load.outcomes if each.status == 200]
    in_time = sum(took <= DEADLINE_MS for took in answered) / max(len(answered), 1)
    lines = [
        ("requests sent a second (twice saturation)", f"{rate:,.0f}"),
        ("answered a second, of what saturation gives", f"{load.rate() / most.rate():.0%}"),
        (f"answered within {DEADLINE_MS:,} ms from due, of the answered", f"{in_time:.2%}"),
        ("p50, p95, p99 of the answered, ms", ", ".join(latencies(load))),
        ("refused (429)", f"{load.count(429) / len(load.outcomes):.0%}"),
        ("p50, p95, p99 of a refusal, ms", ", ".join(latencies(load, 429))),
        ("expired (504)", load.count(504)),
        ("anything else, no answer among it", len(load.outcomes) - load.count(200, 429, 504)),
        ("memory at start, highest, at end, MiB", f"{start:.0f}, {max(seen):.0f}, {end:.0f}"),
        ("sent late p99, ms", f"{load.late_ms(99):.1f}"),
        ("generator, cores", f"{load.own_share():.2f}"),
    ]
    return [
        f"## Overload: {OVERLOAD_SECONDS:g} s at twice saturation",
        f"{one.name}, {TOGETHER} products a request, one worker, X-Deadline-Ms {DEADLINE_MS}.",
        table(("what", "found"), lines),
    ]


def killed(one: Case) -> list[str]:
    """``kill -9`` of one of two workers under load."""
    seconds = max(SECONDS, 10.0)
    moments: dict[str, float] = {}
    with two_workers(one.bundle) as server:
        most = one.saturated(server, 1, CONNECTIONS * 2)
        before = server.workers()

        def end_one() -> None:
            start = time.monotonic()
            time.sleep(seconds / 5)
            os.kill(min(before), signal.SIGKILL)
            moments["killed"] = time.monotonic() - start
            wait_for(lambda: len(server.workers() - before) == 1)
            moments["replaced"] = time.monotonic() - start
            # The numbers of the worker that died are taken out a moment after it is replaced.
            time.sleep(0.3)
            wait_for(lambda: both_ready(server))
            moments["ready"] = time.monotonic() - start

        async def watch() -> None:
            await asyncio.to_thread(end_one)

        rate = most.rate() / 2
        target, requests = one.requests(server, 1)
        load = arrive(target, requests, seconds=seconds, rate=rate, beside=watch())
    broken = [each for each in load.outcomes if each.status == NO_ANSWER]
    last = max((each.due + each.seconds for each in broken), default=moments["killed"])
    lines = [
        ("requests sent", f"{len(load.outcomes):,}, {rate:,.0f} a second"),
        ("without an answer", len(broken)),
        ("answered with anything but 200", len(load.outcomes) - load.count(200, NO_ANSWER)),
        ("the last failed, after the kill", f"{last - moments['killed']:.2f} s"),
        ("a new process, after the kill", f"{moments['replaced'] - moments['killed']:.1f} s"),
        ("both answer again, after the kill", f"{moments['ready'] - moments['killed']:.1f} s"),
        ("p50, p95, p99 of all, ms", ", ".join(latencies(load))),
    ]
    return [
        "## A worker killed under load",
        f"{one.name}, one product a request at half of saturation, two workers, `kill -9` of one. "
        "The generator does not ask again; Aisle's client does, after a connection that broke.",
        table(("what", "found"), lines),
    ]


@contextmanager
def two_workers(bundle: Path) -> Iterator[Server]:
    """Run ``aisle serve --workers 2``, both of them ready."""
    with aisle_server(bundle, "--workers", "2") as server:
        wait_for(lambda: both_ready(server))
        yield server


def both_ready(server: Server) -> bool:
    return "aisle_ready_workers 2.0" in server.get("/metrics")[1]


def wait_for(holds: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if holds():
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise RuntimeError(f"did not come about within {seconds:g} s")


def latencies(load: Load, *statuses: int) -> tuple[str, ...]:
    return tuple(f"{load.latency_ms(percent, *statuses):.1f}" for percent in (50, 95, 99))


def middle(values: Sequence[float]) -> str:
    return f"{statistics.median(values):,.0f}"


def spread(values: Sequence[float]) -> str:
    return f"{min(values):.0%}, {statistics.median(values):.0%}, {max(values):.0%}"


def litserve_version() -> str:
    python = os.environ.get("AISLE_LITSERVE")
    if python is None:
        return ""
    code = "from importlib.metadata import version; print(version('litserve'))"
    ran = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    return f" and LitServe {ran.stdout.strip()}"


STARTS = {1: aisle_server, 2: two_workers}


if __name__ == "__main__":
    main()
