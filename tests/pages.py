"""A report's page, made quickly: of few inputs, and without the peers, which are slow to import."""

import pytest

from fastsig._report import accuracy, measure, speed


def measured():
    """Return what a page is made of, with the accuracy of each function at only some of its inputs."""
    samples, accuracy.SAMPLES = accuracy.SAMPLES, 60
    try:
        return measure.for_page(lambda _: None, samples=640, sizes=speed.SIZES, peers=())
    finally:
        accuracy.SAMPLES = samples


def page(found):
    """Return the page of what was measured; where matplotlib is missing, skip the test."""
    pytest.importorskip("matplotlib")
    from fastsig._report import page

    return page.of(found)
