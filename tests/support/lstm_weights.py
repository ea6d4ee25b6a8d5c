"""Weights of an LSTM drawn at random, and the network worked out in plain NumPy: the oracle of its graph."""

import numpy as np


def draw(seed=0, *, features=5, units=8, dense=(6,), outputs=1, size=0.5):
    random = np.random.default_rng(seed)

    def array(*shape):
        return random.normal(0, size, shape).astype(np.float32)

    weights = {
        "lstm/kernel": array(features, 4 * units),
        "lstm/recurrent_kernel": array(units, 4 * units),
        "lstm/bias": array(4 * units),
    }
    width = units
    for index, outputs_of_layer in enumerate(dense):
        weights[f"dense_{index}/kernel"] = array(width, outputs_of_layer)
        weights[f"dense_{index}/bias"] = array(outputs_of_layer)
        width = outputs_of_layer
    return weights | {"output/kernel": array(width, outputs), "output/bias": array(outputs)}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def probabilities(weights, windows):
    """In float64, as Hochreiter and Schmidhuber (1997) with the forget gate of Gers et al. (2000) have it."""
    weights = {name: value.astype(np.float64) for name, value in weights.items()}
    units = weights["lstm/recurrent_kernel"].shape[0]
    state = memory = np.zeros((len(windows), units))
    for step in windows.astype(np.float64).swapaxes(0, 1):
        sums = step @ weights["lstm/kernel"] + state @ weights["lstm/recurrent_kernel"] + weights["lstm/bias"]
        enter, forget, fresh, show = np.split(sums, 4, axis=1)
        memory = sigmoid(forget) * memory + sigmoid(enter) * np.tanh(fresh)
        state = sigmoid(show) * np.tanh(memory)
    value, layer = state, 0
    while f"dense_{layer}/kernel" in weights:
        value = np.maximum(value @ weights[f"dense_{layer}/kernel"] + weights[f"dense_{layer}/bias"], 0)
        layer += 1
    logits = value @ weights["output/kernel"] + weights["output/bias"]
    if logits.shape[1] == 1:
        return np.hstack([sigmoid(-logits), sigmoid(logits)])
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
