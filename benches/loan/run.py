"""Runs Sluice and its peer on the loan files beside each other, and Sluice alone on multiples of them.

    python benches/loan/run.py --data FOLDER --target CARGO_TARGET_FOLDER [--wasm FOLDER] [--scale 1,10,46]

Sluice's side is `machine.py`: the functions' own binaries, one process per invocation, over an object store in a
temporary folder. The peer is `benches/peers/loan.py`, one process that keeps everything in memory. Both get the same
files; `--scale` generates synthetic ones of so many times 12,500 customers and stops at the snapshot, or with
`--scale-training` at a model of each family.

Then the counts and values of every stage are compared with what pandas finds in the same files (`check.py`).
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import check
from machine import Machine
from object_store import ObjectStore

HERE = Path(__file__).resolve().parent
TABLES = ["feature_clickstream", "features_attributes", "features_financials", "lms_loan_daily"]
CUSTOMERS = 12_500
RUN = "bench-0001"
# What the reference publishes for its own features on a random 80/20 split, seed 42.
PUBLISHED = {"logistic_regression": 0.7241, "random_forest": 0.7895, "gradient_boosting": 0.7898}
# Families that stand beside each other.
OURS = {"logistic_regression": "logistic_regression", "random_forest": "random_forest", "gradient_boosting": "lightgbm"}
# What is trained on synthetic files: the defaults of each family.
ONE_OF_EACH = {"training": {"candidates_per_family": 1, "comparisons": []}}


def peer(folder, training):
    command = [sys.executable, HERE.parent / "peers" / "loan.py", folder, *([] if training else ["--no-training"])]
    start = time.perf_counter()
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    return json.loads(output) | {"wall": time.perf_counter() - start}


def prepared(target, wasm, lake, folder, concurrency):
    store = ObjectStore(lake)
    for table in TABLES:
        store.adopt(f"raw/loan/{table}.csv", Path(folder) / f"{table}.csv")
    return Machine(target, store, wasm, concurrency)


def print_functions(machine):
    print(f"{'function':<22}{'invocations':>12}{'longest s':>11}{'sum s':>9}{'CPU s':>9}{'peak MB':>9}")
    for name, one in machine.by_function().items():
        figures = (one[key] for key in ("invocations", "longest", "sum", "cpu", "peak_mb"))
        print(f"{name:<22}" + "{:>12}{:>11.2f}{:>9.2f}{:>9.2f}{:>9.0f}".format(*figures), flush=True)


def side_by_side(options):
    """Both on the same files: time, memory, and the ROC-AUC of each family on a random split and a split by time."""
    with tempfile.TemporaryDirectory() as lake:
        machine = prepared(options.target, options.wasm, lake, options.data, options.concurrency)
        start = time.perf_counter()
        gate, gold, snapshot = machine.data("loan", RUN, {})
        to_gold = time.perf_counter() - start
        check.compare(machine.store, RUN, gate, gold, Path(options.data))
        cpu_to_gold = cpu(machine)
        start = time.perf_counter()
        candidates, selected, registered = machine.training("loan", RUN, {}, snapshot["snapshot_id"])
        to_version = to_gold + time.perf_counter() - start
        print_functions(machine)
        machine.store.close()
    theirs = peer(options.data, training=True)
    seconds = theirs["seconds"]
    print()
    print(f"{'':<34}{'Sluice':>10}{'pandas':>10}")
    print(f"{'raw to gold, seconds':<34}{to_gold:>10.1f}{sum(seconds.values()) - seconds['train']:>10.1f}")
    print(f"{'raw to gold, CPU seconds':<34}{cpu_to_gold:>10.1f}{theirs['cpu_to_gold']:>10.1f}")
    print(f"{'raw to models, seconds':<34}{to_version:>10.1f}{theirs['wall']:>10.1f}")
    print(f"{'raw to models, CPU seconds':<34}{cpu(machine):>10.1f}{theirs['cpu']:>10.1f}")
    print(f"{'models trained':<34}{len(candidates):>10}{len(theirs['models']):>10}")
    peak = max(one["peak_mb"] for one in machine.invocations)
    print(f"{'largest process, MB':<34}{peak:>10.0f}{theirs['peak_mb']:>10.0f}")
    print(f"{'customers':<34}{sum(part['n_rows'] for part in gold):>10}{theirs['rows']:>10}")
    print()
    print(f"{'test ROC-AUC':<24}{'published':>10}{'pandas':>9}{'Sluice: random':>16}{'time':>9}")
    for family, published in PUBLISHED.items():
        ours = auc_of(candidates, OURS[family], "random_split"), auc_of(candidates, OURS[family], None)
        figures = "{:>10.4f}{:>9.4f}{:>16.4f}{:>9.4f}".format(published, theirs["models"][family]["roc_auc"], *ours)
        print(f"{family:<24}{figures}")
    print()
    for name in sorted({one["comparison"] for one in candidates if one["comparison"]}):
        figures = ", ".join(f"{family} {auc_of(candidates, family, name):.4f}" for family in sorted(set(OURS.values())))
        print(f"{name}: {figures}")
    if selected:
        best = selected["selected"]
        print(f"selected: {best['family']}, test ROC-AUC {best['test_roc_auc']:.4f}, version {registered['version']}")
    else:
        print("not selected and registered: no --wasm")


def cpu(machine):
    return sum(one["cpu"] for one in machine.invocations)


def auc_of(candidates, family, comparison):
    """That of the family's candidate with the best cross-validation."""
    mine = [one for one in candidates if one["family"] == family and one["comparison"] == comparison]
    return max(mine, key=lambda one: one["cv_roc_auc"])["test_roc_auc"]


def scaled(options, factor):
    """Generated files of so many times the customers, up to the snapshot."""
    generator = Path(options.target) / "release" / "examples" / "loan_files"
    if not generator.is_file():
        sys.exit(f"{generator} does not exist; build it: `cargo build --release -p usecases --example loan_files`")
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        raw, lake = Path(folder) / "raw", Path(folder) / "lake"
        raw.mkdir()
        lake.mkdir()
        start = time.perf_counter()
        subprocess.run([generator, raw, str(factor * CUSTOMERS)], check=True)
        generated = time.perf_counter() - start
        size = sum(file.stat().st_size for file in raw.iterdir())
        machine = prepared(options.target, options.wasm, lake, raw, options.concurrency)
        start = time.perf_counter()
        gate, gold, snapshot = machine.data("loan", RUN, ONE_OF_EACH if options.scale_training else {})
        seconds = time.perf_counter() - start
        print()
        n_customers, n_mb, spent = factor * CUSTOMERS, size / 1e6, cpu(machine)
        print(f"x{factor}, synthetic: {n_customers} customers, {n_mb:.0f} MB of CSV made in {generated:.1f} s")
        print(f"raw to snapshot in {seconds:.1f} s, {spent:.1f} s of CPU, {len(gold)} partitions, {gate['rows']}")
        if options.scale_training:
            start = time.perf_counter()
            candidates, *_ = machine.training("loan", RUN, {}, snapshot["snapshot_id"])
            figures = ", ".join(f"{one['family']} {one['test_roc_auc']:.4f}" for one in candidates)
            print(f"snapshot to models in {time.perf_counter() - start:.1f} s, test ROC-AUC {figures}")
        print_functions(machine)
        machine.store.close()
        if options.peer_scale:
            theirs = peer(raw, training=False)
            seconds, cpu_seconds = sum(theirs["seconds"].values()), theirs["cpu_to_gold"]
            peak = theirs["peak_mb"]
            print(f"pandas: raw to gold in {seconds:.1f} s, {cpu_seconds:.1f} s of CPU, {peak:.0f} MB", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="folder of the four loan files")
    parser.add_argument("--target", required=True, help="cargo's target folder")
    parser.add_argument("--wasm", help="folder of the compiled inference modules; without it, nothing is registered")
    parser.add_argument("--scale", default="", help="factors to run on synthetic files, such as 1,10,46")
    parser.add_argument("--only-scale", action="store_true", help="do not run beside the peer")
    parser.add_argument("--peer-scale", action="store_true", help="let the peer read the synthetic files too")
    parser.add_argument("--scale-training", action="store_true", help="train one model of each family on them as well")
    parser.add_argument("--concurrency", type=int, default=2, help="invocations at a time")
    parser.add_argument("--scratch", help="folder for temporary files")
    options = parser.parse_args()
    if not options.only_scale:
        side_by_side(options)
    for factor in filter(None, options.scale.split(",")):
        scaled(options, int(factor))


if __name__ == "__main__":
    main()
