"""Families are found in the modules, with no extra installed."""

import inspect
import subprocess
import sys

import pytest

from yawstring.errors import OptionError
from yawstring.models.base import Family
from yawstring.models.majority import Majority
from yawstring.models.registry import families, make_family
from yawstring.models.trees import Forest

BLOCK = """
import sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"jax", "jaxlib", "sklearn", "scipy", "onnx"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Block())
"""


def test_families_are_found_by_their_names():
    found = families()
    assert found["forest"] is Forest
    assert found["majority"] is Majority
    assert list(found) == sorted(found)
    for name, family in found.items():
        assert family.name == name
        assert issubclass(family, Family)
        assert not inspect.isabstract(family)
        assert family.__dataclass_params__.frozen
        assert all(option.kind is option.KEYWORD_ONLY for option in inspect.signature(family).parameters.values())


def test_without_extras_families_are_found_and_say_what_they_lack():
    code = BLOCK + (
        "import numpy as np\n"
        "from yawstring.errors import MissingExtraError\n"
        "from yawstring.models.base import Windows\n"
        "from yawstring.models.registry import families\n"
        "labels = np.arange(90) % 2\n"
        "windows = Windows(rows=np.zeros((99, 2), np.float32), starts=np.arange(90), length=3, labels=labels)\n"
        "for name, family in families().items():\n"
        "    try:\n"
        "        family().fit(windows, classes=2, seed=0)\n"
        "    except MissingExtraError as error:\n"
        "        print(name, error)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    said = dict(line.split(" ", 1) for line in run.stdout.splitlines())
    assert said.keys() == families().keys()
    assert all("pip install 'yawstring[train]'" in line for line in said.values())


def test_options_are_taken():
    assert make_family("forest", {"trees": 3, "class_weights": True}) == Forest(trees=3, class_weights=True)
    assert make_family("lstm", {"dense": [8, 4]}).dense == (8, 4)
    assert make_family("majority") == Majority()


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("oracle", {}, "no detector is called 'oracle'; there are .*forest"),
        ("forest", {"leaves": 3}, "no option 'leaves'; it has trees"),
        ("majority", {"trees": 3}, "no option 'trees'; it has none"),
        ("forest", {"trees": 0}, "trees must be at least 1"),
    ],
)
def test_what_makes_no_family_is_refused(name, options, message):
    with pytest.raises(OptionError, match=message):
        make_family(name, options)
