"""The tools over a decision log of many rows: how long `report` and `replay` take.

    python bench/decision_log.py --rows 10000000 --folder /tmp/log

The rows are generated: the prompts of routing_tests.yaml, decided about by the embedded classifier, repeated with
other times, callers and tokens over 30 days. `replay` is timed for the same configuration, for a changed threshold
(scores are read) and, with --vectors, for a changed description (vectors are read).
"""

import argparse
import os
import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import orjson
import yaml

from gateway.config.load import load_config
from gateway.evaluation.labels import read_prompts
from gateway.runtime.classifiers import Learned
from gateway.storage.decision_log.heads import LoggedHead
from gateway.storage.decision_log.hours import ADD
from gateway.storage.decision_log.schema import migrate
from gateway.storage.decision_log.sqlite import add_head
from gateway.storage.decision_log.vectors import pack

ROOT = Path(__file__).parents[1]
DAYS = 30
CHUNK = 50_000
COLUMNS = (
    "id, at, trace_id, caller, session, format, path, decision_only, stream, status, duration, ttft, route, "
    "decided_by, pinned, inline, candidates, head, scores, margin, stages, model, attempts, input_tokens, "
    "output_tokens, cache_read, cost, baseline_cost"
)


def decisions(config, prompts):
    """Return the heads that prompts were compared with, the columns of a decision about each, and its vector."""
    bound = Learned(config).bound
    heads, found = [], []
    for prompt in prompts:
        verdict = bound.decide(prompt)
        if verdict.reading is None:
            continue
        route, reading = verdict.route, verdict.reading
        names = tuple(each.name for each in bound.routes)
        head = LoggedHead(reading.encoder, names, tuple(bound.thresholds), reading.matrix, reading.bias)
        if head.encoder not in (each.encoder for each in heads):
            heads.append(head)
        number = 1 + [each.encoder for each in heads].index(head.encoder)
        candidates = orjson.dumps(route.models if route else ()).decode()
        model = route.models[0] if route else config.default_provider.model
        columns = (route.name if route else None, candidates, model, number, verdict.scores.tobytes())
        [packed] = pack([reading.vector])
        found.append((*columns, (reading.weight, *packed)))
    return heads, found


def generate(path, config, prompts, rows, vectors):
    heads, made = decisions(config, prompts)
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA synchronous = OFF")
    database.execute("PRAGMA journal_mode = WAL")
    migrate(database)
    for head in heads:
        add_head(database, head.stored())
    draw = random.Random(0)
    begin, step = time.time() - DAYS * 86_400 + 60, DAYS * 86_400 / rows
    marks = ", ".join("?" * (COLUMNS.count(",") + 1))
    for start in range(0, rows, CHUNK):
        chosen = [draw.choice(made) for _ in range(min(CHUNK, rows - start))]
        database.execute("BEGIN")
        database.executemany(
            f"INSERT INTO requests ({COLUMNS}) VALUES ({marks})",
            (row(draw, begin + step * (start + at), *each[:5]) for at, each in enumerate(chosen)),
        )
        if vectors:
            database.executemany(
                "INSERT INTO vectors VALUES (?, ?, ?, ?)",
                ((start + at + 1, *each[5]) for at, each in enumerate(chosen)),
            )
        database.execute("COMMIT")
    database.execute(ADD, (0,))
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    database.close()


def row(draw, at, route, candidates, model, head, scores):
    given, made = draw.randrange(200, 8000), draw.randrange(20, 900)
    attempts = f'[["{model}","ok",200,0.41]]'
    name = f"{int(at * 1000):012x}{draw.getrandbits(32):08x}"
    when = (name, at, f"{draw.getrandbits(128):032x}", f"team-{draw.randrange(20)}", None)
    what = (
        "openai_chat",
        "/v1/chat/completions",
        0,
        1,
        200,
        1.5,
        0.4,
        route,
        "embedded",
        0,
        0,
        candidates,
        head,
        scores,
    )
    how = (0.2, '{"elapsed_us":{"embedded":120},"skipped":[]}', model, attempts)
    return (*when, *what, *how, given, made, 0, given * 3e-6, given * 5e-6)


def timed(*arguments):
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "gateway", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL, cwd=ROOT
    )
    return time.perf_counter() - began


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--config", type=Path, default=ROOT / "config.yaml")
    parser.add_argument("--vectors", action="store_true", help="Generate vectors too, and replay by them.")
    options = parser.parse_args()
    prompts = read_prompts(ROOT / "routing_tests.yaml")
    options.folder.mkdir(parents=True, exist_ok=True)
    path = options.folder / "generated-0.db"
    if not path.exists():
        began = time.perf_counter()
        generate(path, load_config(options.config, os.environ).config, prompts, options.rows, options.vectors)
        seconds, size = time.perf_counter() - began, path.stat().st_size / 1e9
        print(f"generated {options.rows:,} rows in {seconds:.0f} s: {size:.2f} GB")
    log = ("--log", options.folder)
    document = yaml.safe_load(options.config.read_text())
    document["routing"] = {**document.get("routing", {}), "threshold": 0.9}
    changed = options.folder / "threshold.yaml"
    changed.write_text(yaml.safe_dump(document))
    print(f"report --since 30d                {timed('report', '--since', '30d', *log):6.1f} s")
    by = ("--by", "day,model,caller")
    print(f"report --by day,model,caller      {timed('report', '--since', '30d', *by, *log):6.1f} s")
    print(f"replay of the same configuration  {timed('replay', options.config, *log):6.1f} s")
    print(f"replay of another threshold       {timed('replay', changed, *log):6.1f} s")
    if options.vectors:
        document["routing_preferences"][0]["description"] = "poems, songs and stories"
        described = options.folder / "description.yaml"
        described.write_text(yaml.safe_dump(document))
        print(f"replay of another description     {timed('replay', described, *log):6.1f} s")


if __name__ == "__main__":
    main()
