"""The examples in docs/ run, and print what they say."""

import doctest
import re
from pathlib import Path

import pytest
from libraries import library

PAGES = sorted((Path(__file__).parents[2] / "docs").glob("*.md"))
PAGES = [page for page in PAGES if "```python\n" in page.read_text("utf-8")]
NEEDS = re.compile(r"<!-- needs: (.*) -->")


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_the_examples_of_a_page_run_in_one_session(page, tmp_path, monkeypatch):
    """A page that needs libraries names them in its first line: `<!-- needs: dask, xarray -->`."""
    text = page.read_text("utf-8")
    needs = NEEDS.match(text)
    for name in needs[1].split(", ") if needs else ():
        library(name)
    monkeypatch.chdir(tmp_path)
    examples = "\n".join(re.findall(r"^```python\n(.*?)^```", text, re.M | re.S))
    test = doctest.DocTestParser().get_doctest(examples, {}, page.name, str(page), 0)
    results = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS).run(test)
    assert results.attempted > 0
    assert results.failed == 0
