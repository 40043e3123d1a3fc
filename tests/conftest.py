"""What all tests share: the ufuncs of every instruction set that this CPU runs, not only those picked."""

import pytest
from catalog import ISAS, UFUNCS


@pytest.fixture(params=ISAS)
def ufuncs(request):
    """Return the ufuncs of one instruction set, by name."""
    return UFUNCS[request.param]
