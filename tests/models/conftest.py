"""The oracle, and one compute thread for JAX, as a person's training has, settled before the first test touches it."""

import warnings
from typing import Any

import pytest

from yawstring.models.engine.runtime import use_one_thread

use_one_thread()


@pytest.fixture(scope="session")
def keras() -> Any:
    """The oracle of networks: Keras on TensorFlow, whose import takes seconds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TensorFlow's own import warns
        pytest.importorskip(
            "tensorflow", reason="the oracle is Keras on TensorFlow: pip install 'yawstring[reference]'"
        )
        module = pytest.importorskip("keras")
    if module.backend.backend() != "tensorflow":
        pytest.skip("the oracle is Keras on TensorFlow")
    return module
