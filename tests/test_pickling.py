"""Ufuncs pickle by their public path, whoever imported them first."""

import copy
import pickle

import pytest
from catalog import FUNCTIONS
from processes import run_python

import fastsig


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_pickle_is_the_public_path_and_comes_back_as_the_same_object(name, protocol):
    ufunc = getattr(fastsig, name)
    dumped = pickle.dumps(ufunc, protocol)
    assert pickle.loads(dumped) is ufunc
    assert b"fastsig" in dumped
    assert b"_ufuncs" not in dumped
    assert name.encode() in dumped


@pytest.mark.parametrize("name", FUNCTIONS)
def test_copies_are_the_same_object(name):
    ufunc = getattr(fastsig, name)
    assert copy.copy(ufunc) is ufunc
    assert copy.deepcopy(ufunc) is ufunc


def test_another_process_loads_what_a_script_pickled(tmp_path):
    # The script holds the name too, and its import begins before that of fastsig.
    (tmp_path / "script.py").write_text(
        "import pickle, sys\nfrom fastsig import sigmoid\n"
        "def dump(): sys.stdout.buffer.write(pickle.dumps(sigmoid))\n"
        "if __name__ == '__main__': dump()\n",
        "utf-8",
    )
    importer = "import sys; sys.path.insert(0, sys.argv[1]); import script; script.dump()"
    for arguments in ([str(tmp_path / "script.py")], ["-c", importer, str(tmp_path)]):
        dumped = run_python(*arguments, check=True).stdout
        assert pickle.loads(dumped) is fastsig.sigmoid
        assert b"script" not in dumped
