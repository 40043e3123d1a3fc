"""The example of docs/dask.md on a Dask cluster: 2 GB through two processes of 400 MB, of which one is killed."""

import doctest
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from libraries import library

from fastsig import sigmoid, sigmoid_derivative, sigmoid_with_derivative

da = library("dask.array")
config = library("dask.config")
delayed = library("dask").delayed
distributed = library("distributed")
linear_model = library("sklearn.linear_model")

PAGE = Path(__file__).parents[2] / "docs" / "dask.md"
BLOCKS, ROWS = 125, 200_000  # of ten float64 each: blocks of 16 MB
SECONDS = 300  # for a busy machine; each computation takes a few

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no kill -9 here")


@pytest.fixture(scope="module")
def page():
    """Return the names that the page's examples define, in `__main__`, so that functions are sent by their code."""
    text = "\n".join(line for line in PAGE.read_text("utf-8").splitlines() if not line.startswith("```"))
    names = {"__name__": "__main__"}
    for example in doctest.DocTestParser().get_examples(text):
        exec(compile(example.source, str(PAGE), "single"), names)
    return names


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """Return the client of two processes, which are gone afterwards.

    The cluster gives up a process that is missing some time after it was lost. By default that is 15 s, when the next
    test may have just killed the one that took its place.
    """
    with (
        config.set({"distributed.deploy.lost-worker-timeout": "1h"}),
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            memory_limit="400MB",
            dashboard_address=":0",  # any free port: None would ask for 8787
            local_directory=tmp_path_factory.mktemp("dask"),
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def data(page):
    """Return the array, of which no element is there yet."""
    data = page["generated"](BLOCKS, ROWS)
    assert data.nbytes == 2_000_000_000
    return data


@pytest.fixture(scope="module")
def counts(page):
    """Return how often each row of the table occurs with the label 0 (first column), and 1 (second)."""
    table = page["table"]
    counts = np.zeros((len(table), 2), int)
    for seed in range(BLOCKS):
        index, label = page["drawn"](seed, ROWS)
        counts += np.bincount(2 * index + label, minlength=counts.size).reshape(counts.shape)
    assert counts.sum() == BLOCKS * ROWS
    return counts


def total(ufunc, page, counts):
    """Return the sum of the function over the whole array, from the table."""
    features = (ufunc(page["table"]).sum(axis=1) * counts.sum(axis=1)).sum()
    return features + (ufunc(np.array([0.0, 1.0])) * counts.sum(axis=0)).sum()


def bits(y):
    """Return the sum of an array's bit patterns modulo 2^64, which no order of summation changes.

    The sum of the values depends on it: NumPy adds in another order where an array that was sent is not aligned.
    """
    return y.view(np.uint64).sum()


def kill_a_worker(client, future):
    """Kill one of the two processes when some blocks are done and others are not; return the result all the same.

    A process has to take the dead one's place.
    """
    ends = time.monotonic() + SECONDS
    while not any(client.has_what().values()):
        assert time.monotonic() < ends, "no block was computed"
        time.sleep(0.02)
    before = set(client.run(os.getpid).values())
    os.kill(min(before), signal.SIGKILL)
    assert not future.done(), "all was computed before the worker was killed"
    result = future.result(SECONDS)
    while len(before & set(pids := client.run(os.getpid).values())) != 1 or len(pids) != 2:
        assert time.monotonic() < ends, "no process took the dead one's place"
        time.sleep(0.1)
    return result


def test_sums_over_2_gb_survive_the_death_of_a_worker_to_the_bit(client, page, data, counts):
    alone = kill_a_worker(client, client.compute(bits(sigmoid(data))))
    pair = da.apply_gufunc(sigmoid_with_derivative, "()->(),()", data, output_dtypes=[data.dtype, data.dtype])
    sums = delayed([bits(pair[0]), *(y.sum() for y in pair)])
    of_pair = kill_a_worker(client, client.compute(sums))
    assert of_pair[0] == alone
    expected = [total(ufunc, page, counts) for ufunc in (sigmoid, sigmoid_derivative)]
    np.testing.assert_allclose(of_pair[1:], expected, rtol=1e-12)


def test_newtons_regression_finds_the_coefficients_of_scikit_learn(client, page, data, counts):
    table, coefficients = page["table"], page["coefficients"]
    # How often each distinct row occurs with each label is all that a fit knows of the data.
    fit = linear_model.LogisticRegression(C=np.inf, fit_intercept=False, solver="newton-cholesky", tol=1e-12)
    fit.fit(np.vstack([table, table]), np.repeat([0, 1], len(table)), sample_weight=counts.T.ravel())
    start = coefficients(data.blocks[:4])  # which saves passes over all of them
    with ThreadPoolExecutor(1) as thread:
        found = kill_a_worker(client, thread.submit(coefficients, data, start))
    np.testing.assert_allclose(found, fit.coef_[0], rtol=1e-8, atol=1e-10)
