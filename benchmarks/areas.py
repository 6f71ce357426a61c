"""How long the areas of several classes take: with their interval, and that of the difference of two models.

    python benchmarks/areas.py [--rows N] [--classes N]

Prints seconds of CPU, and those of scikit-learn for the value alone, without an interval.
"""

import argparse
import time

import numpy as np
from sklearn.metrics import roc_auc_score
from task_rows import classes

from lockgate.domain.statistics.differences import difference
from lockgate.domain.statistics.estimates import estimate

LEVEL = 0.95


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--classes", type=int, default=10)
    options = parser.parse_args()
    ours, theirs = classes(options.classes, 0.0)(np.random.default_rng(1), options.rows)
    print(f"{'':12} value and interval, difference after it, scikit-learn's value")
    for kind in ("ovr", "ovo"):
        asked = (
            lambda name=f"roc_auc_{kind}": estimate(name, ours, LEVEL),
            lambda name=f"roc_auc_{kind}": difference(name, ours, theirs, LEVEL),
            lambda kind=kind: roc_auc_score(ours.truth, ours.scores, multi_class=kind),
        )
        took = []
        for each in asked:
            begun = time.process_time()
            each()
            took.append(time.process_time() - begun)
        print(f"roc_auc_{kind}  " + "".join(f"{each:12.2f} s" for each in took), flush=True)


if __name__ == "__main__":
    main()
