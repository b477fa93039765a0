"""How the time for one note grows with its length, up to 5 MB and on hostile text: ``python -m tests.benchmarks.limits``.

Prints for each kind of text the processor seconds at 0.5, 1, 2.5 and 5 million characters (``--largest`` sets the last)
and the exponent of the growth between the first and the last: 1 is linear, 2 is quadratic. A size that would take longer
than ``--patience`` seconds is left out.
"""

from __future__ import annotations

import argparse
import math
import time

from extractor import extract

KINDS = {
    "dense sites": "Left trapezius injected with 1 mL of 1% lidocaine, right C2-3 paraspinous 1 cc x 2. Pain 7/10, no bleeding.\n",
    "prose": "The patient was seen today for neck pain. Trigger point injections were done to the left trapezius with 1 mL of lidocaine. ",
    "one clause of muscles": "left trapezius, right soleus, ",
    "list of muscles": "- left trapezius 1 mL\n",
    "dated lines": "01/02/2020 TPI left trapezius 1 mL lidocaine.\n",
    "unbalanced brackets": "((( [x] injected (left ",
    "one token": "x",
    "blanks": " ",
    "no needle": "Cough and fever for three days. Lungs are clear, no wheeze. Sleeps well.\n",
}
SHARES = (0.1, 0.2, 0.5, 1.0)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--largest", type=int, default=5_000_000, help="characters of the longest note")
    options.add_argument("--patience", type=float, default=120.0, help="seconds that one note may take")
    options.add_argument("kinds", nargs="*", default=list(KINDS))
    given = options.parse_args()
    extract("Left trapezius injected.")
    sizes = [int(given.largest * share) for share in SHARES]
    print(f"{'':24}{''.join(f'{size / 1e6:>9.2f}M' for size in sizes)}   exponent")
    for kind in given.kinds:
        taken: list[tuple[int, float]] = []
        for size in sizes:
            if taken and taken[-1][1] * (size / taken[-1][0]) ** 2 > given.patience and taken[-1][1] * 2 > given.patience:
                break
            text = KINDS[kind] * (size // len(KINDS[kind]))
            start = time.process_time()
            extract(text)
            taken.append((size, time.process_time() - start))
        (small, first), (large, last) = taken[0], taken[-1]
        exponent = math.log(last / first) / math.log(large / small) if len(taken) > 1 else float("nan")
        cells = "".join(f"{seconds:>9.2f}s" for _, seconds in taken).ljust(10 * len(sizes))
        print(f"{kind:24}{cells}   {exponent:.2f}", flush=True)


if __name__ == "__main__":
    main()
