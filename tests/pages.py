"""A report's page, quickly made: of few inputs, and beside nothing that is slow to import."""

from fastsig._report import accuracy, measure, page, speed


def measured():
    """Return what a page is made of; the accuracy of each function takes some of its inputs only."""
    samples, accuracy.SAMPLES = accuracy.SAMPLES, 60
    try:
        return measure.for_page(lambda _: None, samples=640, sizes=speed.SIZES, peers=())
    finally:
        accuracy.SAMPLES = samples


def made():
    """Return a page."""
    return page.of(measured())
