"""Every family's network built of Keras's own layers: the oracle of our networks and of their graphs."""

import numpy as np


def keras_model(keras, family, weights, *, length, features):
    """A model with these weights; its output is a sigmoid's or a softmax's."""
    window = keras.Input((length, features))
    hidden = {"lstm": recurrent, "cnn": convolutional, "mlp": dense, "attention": attention}[family.name](
        keras, family, window, weights
    )
    for index, width in enumerate(family.dense):
        hidden = set_up(keras.layers.Dense(width, activation="relu"), hidden, weights, f"dense_{index}")
    outputs = weights["output/bias"].size
    head = keras.layers.Dense(outputs, activation="sigmoid" if outputs == 1 else "softmax")
    return keras.Model(window, set_up(head, hidden, weights, "output"))


def set_up(layer, hidden, weights, name):
    out = layer(hidden)
    layer.set_weights([weights[f"{name}/{variable.name}"] for variable in layer.weights])
    return out


def recurrent(keras, family, window, weights):
    layer = (keras.layers.LSTM if family.cell == "lstm" else keras.layers.GRU)(family.units, name=family.cell)
    if family.bidirectional:
        layer = keras.layers.Bidirectional(layer)
    out = layer(window)
    parts = ("kernel", "recurrent_kernel", "bias")
    layer.set_weights([weights[f"{name}/{part}"] for name in family.directions for part in parts])
    return out


def convolutional(keras, family, window, weights):
    value = window
    for block, dilation in enumerate(family.dilations):
        layer = keras.layers.Conv1D(
            family.filters, family.taps, padding=family.padding, dilation_rate=dilation, activation="relu"
        )
        out = set_up(layer, value, weights, f"conv_{block}")
        value = out + value if block else out
    pools = keras.layers.GlobalAveragePooling1D(), keras.layers.GlobalMaxPooling1D()
    return keras.layers.Concatenate()([pool(value) for pool in pools])


def dense(keras, family, window, weights):
    return keras.layers.Flatten()(window)


def attention(keras, family, window, weights):
    def norm(value, name):
        return set_up(keras.layers.LayerNormalization(epsilon=1e-5), value, weights, name)

    class Position(keras.layers.Layer):
        def build(self, shape):
            self.position = self.add_weight(shape=shape[1:], name="position")

        def call(self, value):
            return value + self.position

    value = set_up(keras.layers.Dense(family.width), window, weights, "embedding")
    layer = Position()
    value = layer(value)
    layer.set_weights([weights["position"]])
    for number in range(family.blocks):
        block = f"block_{number}"
        rows = norm(value, f"{block}/attention_norm")
        layer = keras.layers.MultiHeadAttention(family.heads, family.width // family.heads)
        seen = layer(rows, rows)
        layer.set_weights(heads(weights, block, family.heads))
        value = value + seen
        wide = keras.layers.Dense(family.expansion * family.width, activation="relu")
        wide = set_up(wide, norm(value, f"{block}/dense_norm"), weights, f"{block}/expand")
        value = value + set_up(keras.layers.Dense(family.width), wide, weights, f"{block}/contract")
    return keras.layers.GlobalAveragePooling1D()(norm(value, "norm"))


def heads(weights, block, count):
    """Kernels and biases as ``MultiHeadAttention`` has them: an axis of heads of its own."""
    shaped = []
    for part in ("query", "key", "value"):
        kernel, bias = weights[f"{block}/{part}/kernel"], weights[f"{block}/{part}/bias"]
        shaped += [kernel.reshape(len(kernel), count, -1), bias.reshape(count, -1)]
    kernel, bias = weights[f"{block}/merge/kernel"], weights[f"{block}/merge/bias"]
    return [*shaped, kernel.reshape(count, -1, len(bias)), bias]


def draw(family, *, length, features, outputs, seed=0, size=0.4):
    """Weights that no initialiser would draw, biases and scales among them, so that each of them shows."""
    random = np.random.default_rng(seed)
    fresh = family.initial(random, length=length, features=features, outputs=outputs)
    return {
        name: array + random.normal(0, size if array.ndim == 1 else size / 4, array.shape).astype(np.float32)
        for name, array in fresh.items()
    }
