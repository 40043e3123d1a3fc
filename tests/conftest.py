"""What all tests share: the ufuncs of every instruction set that this CPU runs, not only those picked."""

import hypothesis
import pytest
from catalog import ISAS, UFUNCS

# No deadline for an example: a busy machine is no failure.
hypothesis.settings.register_profile("fastsig", deadline=None)
hypothesis.settings.load_profile("fastsig")


@pytest.fixture(params=ISAS)
def ufuncs(request):
    """Return the ufuncs of one instruction set, by name."""
    return UFUNCS[request.param]
