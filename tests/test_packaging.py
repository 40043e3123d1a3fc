"""What is installed: one wheel for many Pythons, of the changelog's version, and nothing but the package."""

import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from importlib.metadata import files, metadata
from pathlib import Path

import pytest

import fastsig

ROOT = Path(__file__).parents[1]
STABLE_ABI = platform.python_implementation() == "CPython" and not sysconfig.get_config_var("Py_GIL_DISABLED")
NAME = "fastsig-ufuncs"


def text_of(name):
    """Return the text of a file of the sources that these tests are part of."""
    return (ROOT / name).read_text("utf-8")


def test_the_oldest_python_is_the_same_wherever_it_is_named():
    setup = text_of("setup.py")
    major, minor = re.search(r'OLDEST_TAG, OLDEST_HEX = "cp(\d)(\d+)"', setup).groups()
    assert f'"0x{int(major):02X}{int(minor):02X}0000"' in setup
    settings = tomllib.loads(text_of("pyproject.toml"))
    assert settings["project"]["requires-python"] == f">={major}.{minor}"
    assert settings["tool"]["cibuildwheel"]["build"][0] == f"cp{major}{minor}-*"
    assert settings["tool"]["ruff"]["target-version"] == f"py{major}{minor}"
    assert f"CPython {major}.{minor}" in text_of("CONTRIBUTING.md")


def test_the_oldest_numpy_is_the_same_wherever_it_is_named():
    settings = tomllib.loads(text_of("pyproject.toml"))
    (needed,) = settings["project"]["dependencies"]
    oldest = needed.removeprefix("numpy>=")
    assert needed in settings["build-system"]["requires"]
    assert f"NPY_{oldest.replace('.', '_')}_API_VERSION" in text_of("setup.py")
    assert f"NumPy {oldest}" in text_of("CONTRIBUTING.md")
    assert not (ROOT / ".ci").is_dir() or f"numpy=={oldest}.*" in text_of(".ci/run")  # no part of a source distribution


def test_the_newest_entry_of_the_changelog_is_of_this_version():
    newest = re.search(r"^## \[(?:Unreleased\]: )?([\d.]+)", text_of("CHANGELOG.md"), re.M)[1]
    assert newest == fastsig.__version__ == metadata(NAME)["Version"]


def test_links_of_the_readme_that_pypi_shows_are_absolute(tmp_path):
    script = ROOT / ".ci" / "absolute_links"
    if not script.exists():
        pytest.skip("a source distribution has no .ci")
    shutil.copytree(ROOT / "docs", tmp_path / "docs", ignore=shutil.ignore_patterns("api"))
    (tmp_path / ".ci").mkdir()
    for path in (script, *ROOT.glob("*.md"), ROOT / "LICENSE"):
        shutil.copy(path, tmp_path / path.relative_to(ROOT))
    command = [sys.executable, tmp_path / ".ci" / "absolute_links"]
    subprocess.run([*command, "owner/name", "1234abc"], check=True)
    links = re.findall(r"\]\(([^)]+)\)", (tmp_path / "README.md").read_text("utf-8"))
    assert all(link.startswith("https://") for link in links)
    assert "https://raw.githubusercontent.com/owner/name/1234abc/docs/figures/sigmoid_error.svg" in links
    assert "https://github.com/owner/name/blob/1234abc/docs/accuracy.md" in links
    done = subprocess.run([*command, "a name", "1234abc"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "OWNER/NAME, not 'a name'" in done.stderr
    (tmp_path / "README.md").write_text("[nothing](docs/nothing.md)", "utf-8")
    done = subprocess.run([*command, "owner/name", "1234abc"], capture_output=True, text=True)
    assert "docs/nothing.md, and there is no such file" in done.stderr


@pytest.mark.skipif(not STABLE_ABI, reason="this Python has no stable ABI")
def test_extension_modules_are_of_the_stable_abi():
    modules = [f.name for f in files(NAME) if f.suffix in (".so", ".pyd")]
    assert len(modules) > 5
    if platform.system() != "Windows":  # where the name has no place for it
        assert all(name.endswith(".abi3.so") for name in modules)


def test_nothing_but_the_package_is_installed():
    folders = {f.parts[0] for f in files(NAME) if ".." not in f.parts}  # the command is elsewhere
    assert folders == {"fastsig", f"fastsig_ufuncs-{fastsig.__version__}.dist-info"}
    kinds = {f.suffix for f in files(NAME) if f.parts[0] == "fastsig" and f.name != "py.typed"}
    assert kinds <= {".py", ".pyi", ".pyc", ".pxd", ".pxi", ".so", ".pyd", ".css"}
    assert [f.name for f in files(NAME) if f.suffix == ".pxd"] == ["cython_api.pxd"]
    assert {f.parent.name for f in files(NAME) if f.suffix == ".pxi"} == {"functions"}  # which state the bounds
