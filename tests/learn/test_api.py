"""The names of the package are there, and cost nothing until they are used."""

import subprocess
import sys

import pytest

import yawstring


@pytest.mark.parametrize("name", yawstring.__all__)
def test_every_name_is_there(name):
    assert getattr(yawstring, name).__name__ == name
    assert name in dir(yawstring)


def test_a_name_that_is_not_there_is_refused():
    with pytest.raises(AttributeError, match="nonsense"):
        yawstring.nonsense  # noqa: B018


def test_importing_the_package_imports_nothing_else():
    program = "import sys, yawstring; print([name for name in ('numpy', 'polars', 'jax') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
