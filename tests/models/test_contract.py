"""Every family passes one contract; and every check of it is failed by a family that is broken in just that."""

import random
from dataclasses import asdict, dataclass, replace
from typing import ClassVar

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from support.contract import CHECKS
from yawstring.models.base import Epoch, Family, Windows
from yawstring.models.checks import check_parts
from yawstring.models.graph import Node, write_graph
from yawstring.models.novelty import Novelty
from yawstring.models.registry import families, make_family

OPTIONS = {
    "lstm": {"units": 8, "dense": [4], "epochs": 3, "learning_rate": 0.02, "dropout": 0.1},
    "cnn": {"filters": 8, "dilations": [1, 2], "dense": [4], "epochs": 3, "learning_rate": 0.02, "dropout": 0.1},
    "mlp": {"dense": [8], "epochs": 3, "learning_rate": 0.02, "dropout": 0.1},
    "attention": {"width": 8, "dense": [4], "epochs": 3, "learning_rate": 0.02},
    "forest": {"trees": 7, "class_weights": False, "depth": 9},
    "boosting": {"rounds": 4, "leaf": 2},
    "threshold": {"class_weights": False},
    "window_forest": {"trees": 7, "recent": True},
}
"""Small ones, so that the suite is quick; a family not named here is tried with its defaults."""


VARIANTS = {
    "gru": ("lstm", {"cell": "gru"}),
    "lstm, both ways": ("lstm", {"bidirectional": True}),
    "gru, both ways": ("lstm", {"cell": "gru", "bidirectional": True}),
    "cnn, same padding": ("cnn", {"padding": "same", "taps": 4}),
    "attention, two blocks": ("attention", {"blocks": 2, "heads": 4}),
}
"""Options that make another network of a family."""


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("name", families())
def test_family(name, check):
    CHECKS[check](make_family(name, OPTIONS.get(name)))


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_variant(variant, check):
    name, options = VARIANTS[variant]
    CHECKS[check](make_family(name, OPTIONS[name] | options))


@dataclass(frozen=True, kw_only=True)
class Sound(Family):
    """A linear softmax whose kernel is drawn and whose bias is the shares of the classes: keeps every promise."""

    size: float = 0.01

    name: ClassVar[str] = "sound"
    reads: ClassVar[str] = "row"
    encoding: ClassVar[str] = "raw"

    def fit(self, train, validation=None, *, classes, seed, watch=None):
        check_parts(train, validation, classes=classes)
        rng = np.random.default_rng(seed)
        kernel = rng.normal(0, self.size, (train.rows.shape[1], classes)).astype(np.float32)
        shares = (np.bincount(train.labels, minlength=classes) + 1) / (len(train) + classes)
        return self.fitted(kernel, np.log(shares).astype(np.float32))

    def fitted(self, kernel, bias, nodes=None):
        from yawstring.models.base import Fitted

        weights = {"kernel": kernel, "bias": bias}
        nodes = nodes or [
            Node(op="Gemm", inputs=["windows", "kernel", "bias"], outputs=["logits"]),
            Node(op="Softmax", inputs=["logits"], outputs=["probabilities"], attributes={"axis": 1}),
        ]
        constants = weights | {"eye": np.eye(len(bias), dtype=np.float32)}
        used = {name for node in nodes for name in node.inputs}
        return Fitted(
            family=self.name,
            reads=self.reads,
            graph=write_graph(
                nodes,
                {name: value for name, value in constants.items() if name in used},
                shape=(len(kernel),),
                classes=len(bias),
            ),
            weights=weights,
            classes=len(bias),
            options=asdict(self),
        )


class SaysItReadsWindows(Sound):
    def fitted(self, *args):
        return replace(super().fitted(*args), reads="window")


class ForgetsToNormalise(Sound):
    """Adds up to 1 for a row of zeros, and for few others."""

    def fitted(self, kernel, bias):
        return super().fitted(
            kernel, np.exp(bias), [Node(op="Gemm", inputs=["windows", "kernel", "bias"], outputs=["probabilities"])]
        )


class DrawsFromTheSystem(Sound):
    def fitted(self, kernel, bias):
        return super().fitted(kernel + np.float32(np.random.default_rng().normal(0, 1e-6)), bias)


class MixesTheBatch(Sound):
    def fitted(self, kernel, bias):
        nodes = [
            Node(op="Gemm", inputs=["windows", "kernel"], outputs=["sums"]),
            Node(op="Softmax", inputs=["sums"], outputs=["mixed"], attributes={"axis": 0}),
            Node(op="Gemm", inputs=["mixed", "eye", "bias"], outputs=["logits"]),
            Node(op="Softmax", inputs=["logits"], outputs=["probabilities"], attributes={"axis": 1}),
        ]
        return super().fitted(kernel, bias, nodes)


class ClipsLabels(Sound):
    def fit(self, train, validation=None, *, classes, seed, watch=None):
        train = replace(train, labels=train.labels.clip(0, classes - 1))
        return super().fit(train, validation, classes=classes, seed=seed)


class LearnsFromNothing(Sound):
    def fit(self, train, validation=None, *, classes, seed, watch=None):
        if not len(train):
            return self.fitted(np.zeros((train.rows.shape[1], classes), np.float32), np.zeros(classes, np.float32))
        return super().fit(train, validation, classes=classes, seed=seed)


class PeeksBeyondItsWindows(Sound):
    def fit(self, train, validation=None, *, classes, seed, watch=None):
        fitted = super().fit(train, validation, classes=classes, seed=seed)
        bias = fitted.weights["bias"].copy()
        bias[0] += train.rows.mean().clip(-0.5, 0.5)
        return self.fitted(fitted.weights["kernel"], bias)


class LearnsFromValidation(Sound):
    def fit(self, train, validation=None, *, classes, seed, watch=None):
        if validation is not None:
            check_parts(train, validation, classes=classes)
            train = replace(train, labels=validation.labels)
        return super().fit(train, classes=classes, seed=seed)


class ForgetsItsOptions(Sound):
    def fitted(self, *args):
        return replace(super().fitted(*args), options={})


class KnowsThreeClassesAtMost(Sound):
    def fit(self, train, validation=None, *, classes, seed, watch=None):
        if classes > 3:
            classes, train = 3, replace(train, labels=train.labels % 3)
        return super().fit(train, validation, classes=classes, seed=seed)


class TurnsColumnsRound(Sound):
    def fitted(self, kernel, bias):
        return super().fitted(kernel, bias[::-1])


class KeepsLists(Sound):
    def fitted(self, *args):
        fitted = super().fitted(*args)
        return replace(fitted, weights={name: value.tolist() for name, value in fitted.weights.items()})


class WritesIntoItsRows(Sound):
    def fit(self, train, validation=None, *, classes, seed, watch=None):
        fitted = super().fit(train, validation, classes=classes, seed=seed)
        train.rows[0, 0] += 1
        return fitted


class TellsNobody(Sound):
    def fitted(self, *args):
        return replace(super().fitted(*args), history=(Epoch(number=1, loss=0.5, f1=0.5),))


class DrawsFromAGlobal(Sound):
    def fit(self, train, validation=None, *, classes, seed, watch=None):
        random.random()  # noqa: S311 - the fault this family is for
        return super().fit(train, validation, classes=classes, seed=seed)


@dataclass(frozen=True, kw_only=True)
class Wary(Novelty):
    """Learns from benign windows alone, and keeps every promise."""

    size: float = 0.01
    name: ClassVar[str] = "wary"


class CallsAttacksBenign(Wary):
    def fit(self, train, validation=None, *, classes, seed, watch=None):
        if 0 <= train.labels.min(initial=1) == 0 and train.labels.max() < classes:
            train = replace(train, labels=np.zeros_like(train.labels))
        return super().fit(train, validation, classes=classes, seed=seed)


class TakesAttacksWhereNothingIsBenign(Wary):
    def fit(self, train, validation=None, *, classes, seed, watch=None):
        if train.labels.min(initial=1) == 1 and len(train):
            train = replace(train, labels=train.labels - 1)
        return super().fit(train, validation, classes=classes, seed=seed)


class CallsTenTimesAsOften(Wary):
    def fit(self, train, validation=None, *, classes, seed, watch=None):
        often = Novelty(rate=min(10 * self.rate, 0.9))
        fitted = often.fit(train, validation, classes=classes, seed=seed)
        return replace(fitted, options=asdict(self))


class NamesTheLastAttack(Wary):
    def _graph(self, weights, train, classes):
        model = onnx.load_from_string(super()._graph(weights, train, classes))
        for constant in model.graph.initializer:
            if constant.name == "novelty/bias" and classes > 2:
                bias = numpy_helper.to_array(constant).copy()
                bias[-1] += 0.5
                constant.CopyFrom(numpy_helper.from_array(bias, constant.name))
        return model.SerializeToString(deterministic=True)


BROKEN = {
    "graph_is_what_it_says": SaysItReadsWindows,
    "probabilities": ForgetsToNormalise,
    "same_seed_gives_the_same_bits": DrawsFromTheSystem,
    "chunking_does_not_matter": MixesTheBatch,
    "labels_outside_are_refused": ClipsLabels,
    "empty_training_is_refused": LearnsFromNothing,
    "reads_its_windows_only": PeeksBeyondItsWindows,
    "validation_is_not_learnt": LearnsFromValidation,
    "options_make_the_family_again": ForgetsItsOptions,
    "many_classes": KnowsThreeClassesAtMost,
    "columns_stand_for_classes": TurnsColumnsRound,
    "weights_can_be_kept": KeepsLists,
    "leaves_its_input_alone": WritesIntoItsRows,
    "watch_sees_every_epoch": TellsNobody,
    "draws_from_its_seed_only": DrawsFromAGlobal,
    "attacks_are_not_looked_at": CallsAttacksBenign,
    "no_benign_window_is_refused": TakesAttacksWhereNothingIsBenign,
    "stated_rate_holds": CallsTenTimesAsOften,
    "attack_classes_share_evenly": NamesTheLastAttack,
}


@pytest.mark.parametrize("check", CHECKS)
def test_a_sound_family_passes(check):
    CHECKS[check](Sound(size=0.02))
    CHECKS[check](Wary(size=0.02))


def test_every_check_has_its_broken_family():
    assert BROKEN.keys() == CHECKS.keys()


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_family_fails_its_check_and_no_other(fault):
    family = BROKEN[fault](size=0.02)
    failed = [name for name, check in CHECKS.items() if fails(check, family)]
    assert failed == [fault]


def fails(check, family):
    try:
        check(family)
    except AssertionError:
        return True
    return False


def test_broken_families_are_not_discovered():
    assert not {"sound"} & families().keys()


def test_windows_are_what_the_checks_need():
    from support.contract import FEATURES, LENGTH, draw

    windows = draw()
    assert isinstance(windows, Windows)
    assert windows.rows.shape[1] == FEATURES
    assert (np.diff(windows.starts) > LENGTH).all()
