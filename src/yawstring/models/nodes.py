"""Nodes written one after another, each named after what it makes: shorthand for graphs of many small operators."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from yawstring.models.graph import Attribute, Node

INT64 = 7
"""ONNX's number for the type, as ``Cast`` takes it."""


@dataclass(kw_only=True)
class Nodes:
    """A list of nodes that grows, and the constants they read.

    Attributes:
        prefix: Put before every name, so that a part can stand in a graph twice.
        nodes: Nodes in the order they run.
        constants: Constants by name.

    Example:
        >>> nodes = Nodes(prefix="a/")
        >>> nodes.add("Mul", "windows", nodes.constant("half", np.float32(0.5)), out="halves")
        'a/halves'
        >>> [node.op for node in nodes.nodes], list(nodes.constants)
        (['Mul'], ['a/half'])
    """

    prefix: str = ""
    nodes: list[Node] = field(default_factory=list)
    constants: dict[str, NDArray[np.generic]] = field(default_factory=dict)

    def add(self, op: str, *inputs: str, out: str, **attributes: Attribute) -> str:
        """Append a node, and give back the name of what it makes."""
        self.nodes.append(Node(op=op, inputs=inputs, outputs=[self.prefix + out], attributes=attributes))
        return self.prefix + out

    def constant(self, name: str, value: NDArray[np.generic] | np.generic | Sequence[int]) -> str:
        """Add a constant, and give back its name."""
        self.constants[self.prefix + name] = np.asarray(value)
        return self.prefix + name

    def extend(self, other: "Nodes") -> None:
        """Append all of another list."""
        self.nodes += other.nodes
        self.constants |= other.constants
