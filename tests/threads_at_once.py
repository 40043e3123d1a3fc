"""What threads do with fastsig at once: `.ci/thread_sanitizer` runs it under ThreadSanitizer.

The threads make first calls, share inputs of every type, call both tiers, write to parts of one output, and call
`threaded`. With `--race` two threads write to the same elements: ThreadSanitizer has to report that, or it sees nothing
of fastsig.
"""

import sys
import threading

import ml_dtypes
import numpy as np

import fastsig
from fastsig import _threaded, fast

THREADS = 8
TYPES = [np.dtype(t) for t in ("e", "f", "d", "g", "?", "i1", "i8", ml_dtypes.bfloat16)]
_threaded.LEAST = 1 << 12  # so that `threaded` cuts an array that there is time for

rng = np.random.default_rng(14)
shared = [rng.uniform(0.01, 0.99, 301).astype(dtype) for dtype in TYPES]
scores = rng.normal(0, 4, 300_000)
out = np.empty(THREADS * 1000)
begin = threading.Barrier(2 if "--race" in sys.argv else THREADS)
done = []


def race():
    """Write where the other thread writes."""
    begin.wait()
    for _ in range(50):
        fastsig.sigmoid(scores, out=np.ndarray(scores.shape, buffer=everyone))
    done.append(True)


def work(k):
    """Call everything, each thread beginning with another type."""
    begin.wait()
    part = out[k * 1000 : (k + 1) * 1000]
    for i in range(len(TYPES)):
        x = shared[(i + k) % len(TYPES)]
        for ufunc in (getattr(tier, name) for tier in (fastsig, fast) for name in fast.__all__):
            with np.errstate(all="ignore"):
                ufunc(*[x] * ufunc.nin)
                ufunc(*[x[::-2]] * ufunc.nin)
                ufunc(*[x] * (ufunc.nin - 1), 1.0)
    for _ in range(2):
        fastsig.threaded(fastsig.sigmoid, scores, workers=2)
        fastsig.sigmoid(scores[:1000], out=part)
        fastsig.sigmoid(scores[:1000], where=scores[:1000] > 0, out=part)
    done.append(True)


everyone = np.empty_like(scores)
works = [(race, ())] * 2 if "--race" in sys.argv else [(work, (k,)) for k in range(THREADS)]
threads = [threading.Thread(target=target, args=args) for target, args in works]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert len(done) == len(threads)
assert not sys._is_gil_enabled()
print(f"fastsig {fastsig.__version__} ({fastsig.isa()}), NumPy {np.__version__}, Python {sys.version}")
