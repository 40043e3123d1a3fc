"""Pyright finds in right and wrong calls what mypy finds (tests/test_typing.py)."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from libraries import library

TYPED = Path(__file__).parents[1] / "typed"


@pytest.fixture(scope="module")
def errors(tmp_path_factory):
    """Return the errors that pyright finds in the two files: their lines with what it says, by the file's name.

    basedpyright is pyright with its Node.js in the package; in this mode it has pyright's own rules.
    """
    library("basedpyright")
    folder = tmp_path_factory.mktemp("pyright")
    found = {}
    for name in ("accepted.py", "refused.py"):
        shutil.copy(TYPED / name, folder)
        found[name] = {}
    (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "standard"}', "utf-8")
    command = [sys.executable, "-P", "-m", "basedpyright", "--pythonpath", sys.executable, "--outputjson", "-p", folder]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    report = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] == len(found)
    for said in report["generalDiagnostics"]:
        if said["severity"] != "information":
            found[Path(said["file"]).name][said["range"]["start"]["line"] + 1] = said["message"]
    return found


def test_pyright_agrees_with_every_type_of_the_accepted_calls(errors):
    """The file of `assert_type` lines has no error."""
    assert errors["accepted.py"] == {}


def test_pyright_finds_an_error_in_each_marked_line_and_in_no_other(errors):
    """The file of wrong calls says where its errors are."""
    lines = (TYPED / "refused.py").read_text("utf-8").splitlines()
    marked = {i for i, line in enumerate(lines, 1) if line.endswith("# error")}
    assert len(marked) > 50
    assert set(errors["refused.py"]) == marked, errors["refused.py"]
