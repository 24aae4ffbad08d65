"""Keras, Flax and onnxruntime beside `layers --peers`, each in a process of its own.

    python3 -m venv build/peers
    build/peers/bin/pip install tensorflow-cpu jax flax onnx onnxruntime
    python -m benchmarks.layers --part peers [--peers build/peers/bin/python]

A peer that is not installed is left out. Every process waits while another works. One work is a
forward pass of a whole sequence, or a forward and a backward pass with the gradients of the input
and of every weight for one given gradient of the outputs. Keras on TensorFlow runs as a graph and
through XLA, and its quicker way counts; onnxruntime answers only, in its own layout, steps first.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

Work = Callable[[], Any]
Shape = tuple[int, int, int, int]


def arrays(shape: Shape):
    """The input and the gradient of the outputs."""
    import numpy as np

    batch, steps, size, hidden = shape
    random = np.random.default_rng(0)
    return (
        random.standard_normal((batch, steps, size), dtype=np.float32),
        random.standard_normal((batch, steps, hidden), dtype=np.float32),
    )


def keras_layer(name: str, shape: Shape):
    import keras

    _, steps, size, hidden = shape
    kind = {"RNN": keras.layers.SimpleRNN, "GRU": keras.layers.GRU, "LSTM": keras.layers.LSTM}
    layer = kind[name](hidden, return_sequences=True)
    layer.build((None, steps, size))
    return layer


def keras_tensorflow(name: str, shape: Shape, training: bool) -> list[Work]:
    import tensorflow as tf

    layer = keras_layer(name, shape)
    x, gradient = map(tf.constant, arrays(shape))

    def forward():
        return layer(x)

    def backward():
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = layer(x)
        return tape.gradient(outputs, [x, *layer.trainable_variables], gradient)

    ways = [tf.function(backward if training else forward, jit_compile=j) for j in (False, True)]

    def run(way):
        result = way()
        (result[0] if training else result).numpy()

    return [lambda way=way: run(way) for way in ways]


def through_jax(apply: Callable[..., Any], weights: Any, shape: Shape, training: bool) -> Work:
    """`apply(weights, x)` compiled."""
    import jax

    x, gradient = map(jax.numpy.asarray, arrays(shape))

    def backward(weights, x):
        return jax.vjp(apply, weights, x)[1](gradient)

    compiled = jax.jit(backward if training else apply)
    return lambda: jax.block_until_ready(compiled(weights, x))


def keras_jax(name: str, shape: Shape, training: bool) -> list[Work]:
    layer = keras_layer(name, shape)
    fixed = [each.value for each in layer.non_trainable_variables]

    def apply(weights, x):
        return layer.stateless_call(weights, fixed, x)[0]

    weights = [each.value for each in layer.trainable_variables]
    return [through_jax(apply, weights, shape, training)]


def flax(name: str, shape: Shape, training: bool) -> list[Work]:
    import jax
    from flax import linen

    hidden = shape[3]
    cells = {"RNN": linen.SimpleCell, "GRU": linen.GRUCell, "LSTM": linen.OptimizedLSTMCell}
    layer = linen.RNN(cells[name](hidden))
    weights = layer.init(jax.random.key(0), jax.numpy.asarray(arrays(shape)[0]))
    return [through_jax(layer.apply, weights, shape, training)]


def onnxruntime(name: str, shape: Shape, training: bool) -> list[Work]:
    import numpy as np
    import onnxruntime as runtime
    from onnx import TensorProto, helper, numpy_helper

    if training:
        return []
    batch, steps, size, hidden = shape
    rows = {"RNN": 1, "GRU": 3, "LSTM": 4}[name] * hidden
    random = np.random.default_rng(0)
    bound = hidden**-0.5
    sizes = {"W": (1, rows, size), "R": (1, rows, hidden), "B": (1, 2 * rows)}
    weights = [
        numpy_helper.from_array(random.uniform(-bound, bound, each).astype(np.float32), key)
        for key, each in sizes.items()
    ]
    extra = {"linear_before_reset": 1} if name == "GRU" else {}
    node = helper.make_node(name, ["X", *sizes], ["Y"], hidden_size=hidden, **extra)
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [node],
        name,
        [value("X", TensorProto.FLOAT, [steps, batch, size])],
        [value("Y", TensorProto.FLOAT, [steps, 1, batch, hidden])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    settings = runtime.SessionOptions()
    settings.intra_op_num_threads = int(os.environ["OMP_NUM_THREADS"])
    session = runtime.InferenceSession(model.SerializeToString(), settings)
    x = np.ascontiguousarray(arrays(shape)[0].transpose(1, 0, 2))
    return [lambda: session.run(["Y"], {"X": x})]


PEERS = {
    "keras-tensorflow": keras_tensorflow,
    "keras-jax": keras_jax,
    "flax": flax,
    "onnxruntime": onnxruntime,
}


def version(peer: str) -> str:
    """The peer's name and version; ImportError where it is missing."""
    from importlib import import_module
    from importlib.metadata import version as of

    if peer.startswith("keras"):
        import keras

        backend = peer.partition("-")[2]
        return f"Keras {keras.__version__} on {backend} {import_module(backend).__version__}"
    import_module("onnx" if peer == "onnxruntime" else peer)
    return f"{peer} {of(peer)}"


def timed(work: Work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def serve(peer: str) -> None:
    """One JSON line out for each line in: a work to make, or "run"."""
    # What a library prints must not stand between the lines.
    answers, sys.stdout = sys.stdout, sys.stderr
    work: Work | None = None

    def say(**what: Any) -> None:
        print(json.dumps(what), file=answers, flush=True)

    try:
        say(version=version(peer))
    except ImportError as error:
        say(missing=str(error))
        return
    if peer == "keras-tensorflow":
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(int(os.environ["OMP_NUM_THREADS"]))
    for line in sys.stdin:
        asked = json.loads(line)
        if asked == "run":
            assert work is not None
            say(seconds=timed(work))
            continue
        ways = PEERS[peer](asked["name"], tuple(asked["shape"]), asked["training"])
        for way in ways:
            way()  # traces, compiles, allocates
        work = min(ways, key=timed) if ways else None
        say(ready=work is not None)


class Peer:
    """A peer's process, which works when told to and says how long it took."""

    def __init__(self, python: str, name: str, threads: int) -> None:
        environment = os.environ | {
            "OMP_NUM_THREADS": str(threads),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "KERAS_BACKEND": name.partition("-")[2] or "jax",
            "JAX_PLATFORMS": "cpu",
        }
        self.process = subprocess.Popen(
            [python, __file__, "--serve", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )
        told = self._told()
        self.name, self.version, self.missing = name, told.get("version"), told.get("missing")

    def _told(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        if not (line := self.process.stdout.readline()):
            raise RuntimeError(f"the process of a peer ended; see why: {self.process.args}")
        return json.loads(line)

    def _ask(self, what: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()
        return self._told()

    def make(self, name: str, shape: Shape, training: bool) -> bool:
        """Whether the peer can do it; it has done it twice then."""
        return self._ask({"name": name, "shape": shape, "training": training})["ready"]

    def seconds(self) -> float:
        return self._ask("run")["seconds"]

    def close(self) -> None:
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait(timeout=30)


def installed(python: str, threads: int) -> list[Peer]:
    """A process for each peer that this interpreter has."""
    peers = [Peer(python, name, threads) for name in PEERS]
    for peer in peers:
        if peer.missing:
            peer.close()
    return [peer for peer in peers if not peer.missing]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--serve", choices=PEERS, help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.serve:
        serve(words.serve)
    else:
        parser.print_help()
