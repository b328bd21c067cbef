"""Writes linnet-core/src/test/resources/golden/student_t.json: t-tests by scipy.

    pip install scipy==1.17.1
    python tools/golden/student_t.py

two_sided: t, degrees of freedom, P(|T| >= t); tests: two rows of top-1 with the same seeds, deviations of samples,
Welch's and the paired test. Compared within 1e-10, relative.
"""
import json
import os

import scipy
from scipy import stats

HERE = os.path.dirname(os.path.abspath(__file__))
TARGET = os.path.join(HERE, "../../linnet-core/src/test/resources/golden/student_t.json")

ROWS = [
    ([71.2, 70.8, 71.9], [72.9, 72.4, 73.3]),
    ([71.2, 70.8], [70.1, 71.4]),
    ([93.41, 93.52, 93.10, 93.77, 93.25], [93.40, 93.61, 93.32, 93.70, 93.55]),
    ([10.0, 50.0, 90.0], [10.5, 50.4, 90.7]),
    ([64.02, 63.88, 64.31, 64.15], [61.77, 62.03, 61.50, 61.95]),
]


def main():
    two_sided = []
    for degrees in (0.5, 1, 1.37, 2, 3, 4.9, 10, 29, 120.5, 1000, 10000):
        for t in (0, 1e-3, 0.3, 1, 2.1, 4.303, 12.71, 40):
            p = 2 * stats.t.sf(t, degrees)
            if p > 1e-280:
                two_sided.append([t, degrees, p])
    tests = []
    for x, y in ROWS:
        welch = stats.ttest_ind(x, y, equal_var=False)
        paired = stats.ttest_rel(x, y)
        tests.append({
            "x": x, "y": y,
            "difference": sum(x) / len(x) - sum(y) / len(y),
            "error": (stats.sem(x) ** 2 + stats.sem(y) ** 2) ** 0.5,
            "welch": welch.pvalue, "paired": paired.pvalue,
            "deviation": stats.tstd([a - b for a, b in zip(x, y)]),
        })
    with open(TARGET, "w") as f:
        json.dump({"made_by": "tools/golden/student_t.py", "scipy": scipy.__version__,
                   "two_sided": two_sided, "tests": tests}, f, indent=1)
        f.write("\n")


main()
