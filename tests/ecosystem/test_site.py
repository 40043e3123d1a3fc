"""The documentation site is built without a warning, and nothing of it is loaded from the network."""

import re
import subprocess
import sys
from pathlib import Path

from libraries import library

ROOT = Path(__file__).parents[2]
LOADED = re.compile(
    r"<(?:script|img|iframe|source)[^>]* src=\"([^\"]*)|<link[^>]* rel=\"stylesheet\"[^>]* href=\"([^\"]*)"
)


def test_the_site_is_built_without_a_warning_and_needs_no_network(tmp_path):
    for name in ("sphinx", "myst_parser", "numpydoc", "furo"):
        library(name)
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-W",
        "-n",
        "-b",
        "html",
        "-d",
        tmp_path / "trees",
        ROOT / "docs",
        tmp_path,
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    pages = {path.relative_to(tmp_path).as_posix(): path.read_text("utf-8") for path in tmp_path.rglob("*.html")}
    assert "api/sigmoid.html" in pages
    assert "<math" in pages["api/sigmoid.html"]
    loaded = [file for text in pages.values() for pair in LOADED.findall(text) for file in pair if file]
    assert loaded
    assert [file for file in loaded if "//" in file] == []
