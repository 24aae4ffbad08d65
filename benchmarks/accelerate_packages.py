"""Does `nn.accelerate` leave the models of other packages what they were?

Each model is built twice alike, one is accelerated, and both run forward and backward on the same
input; results, gradients and state dicts are compared, and the state dict is written to a file and
read into the other one. Packages that are not installed are named and left out.

    python -m benchmarks.accelerate_packages
"""

from __future__ import annotations

import copy
import importlib
import importlib.metadata
import io
import sys
import warnings
from collections.abc import Callable
from typing import Any

import torch

from ostinato import nn

Case = tuple[torch.nn.Module, Callable[[torch.nn.Module], Any]]


def sb3_contrib() -> Case:
    from gymnasium import spaces
    from sb3_contrib.common.recurrent.policies import RecurrentActorCriticPolicy
    from sb3_contrib.common.recurrent.type_aliases import RNNStates

    policy = RecurrentActorCriticPolicy(
        spaces.Box(-1, 1, (5,)), spaces.Discrete(3), lambda _: 1e-3, lstm_hidden_size=32
    )

    def run(policy: Any) -> Any:
        state = (torch.zeros(1, 2, 32), torch.zeros(1, 2, 32))
        starts = torch.zeros(16)
        starts[[0, 5, 8]] = 1
        observed, actions = torch.randn(16, 5), torch.randint(0, 3, (16,))
        return policy.evaluate_actions(observed, actions, RNNStates(state, state), starts)

    return policy, run


def asteroid() -> Case:
    from asteroid.masknn.recurrent import DPRNN

    model = DPRNN(16, 2, bn_chan=16, hid_size=24, chunk_size=10, n_repeats=2)
    return model, lambda model: model(torch.randn(2, 16, 40))


def asteroid_masker() -> Case:
    from asteroid.masknn.recurrent import LSTMMasker

    model = LSTMMasker(16, 2, hid_size=24, n_layers=2, dropout=0.0)
    return model, lambda model: model(torch.randn(2, 16, 40))


def demucs() -> Case:
    from demucs.demucs import Demucs

    model = Demucs(["drums", "bass"], channels=8, depth=3, lstm_layers=2, resample=False)
    return model, lambda model: model(torch.randn(1, 2, 4096))


def torchrl() -> Case:
    from tensordict import TensorDict
    from torchrl.modules import LSTMModule

    model = LSTMModule(
        input_size=5,
        hidden_size=16,
        in_keys=["seen", "h", "c"],
        out_keys=["out", ("next", "h"), ("next", "c")],
        default_recurrent_mode=True,
    )

    def run(model: Any) -> Any:
        batch, steps = 3, 7
        states = {key: torch.zeros(batch, steps, 1, 16) for key in "hc"}
        first = torch.zeros(batch, steps, 1, dtype=torch.bool)
        first[0, 3] = True
        given = {"seen": torch.randn(batch, steps, 5), "is_init": first, **states}
        return model(TensorDict(given, [batch, steps]))["out"]

    return model, run


def gluonts() -> Case:
    from gluonts.torch.model.deepar.module import DeepARModel

    model = DeepARModel(
        freq="D",
        context_length=10,
        prediction_length=5,
        num_feat_dynamic_real=1,
        num_feat_static_real=1,
        num_feat_static_cat=1,
        cardinality=[2],
        dropout_rate=0.0,
        num_parallel_samples=3,
    )

    def run(model: Any) -> Any:
        past, batch = model._past_length, 4
        return model.log_prob(
            feat_static_cat=torch.zeros(batch, 1, dtype=torch.long),
            feat_static_real=torch.zeros(batch, 1),
            past_time_feat=torch.randn(batch, past, 1),
            past_target=torch.rand(batch, past),
            past_observed_values=torch.ones(batch, past),
            future_time_feat=torch.randn(batch, 5, 1),
            future_target=torch.rand(batch, 5),
        )

    return model, run


def pytorch_forecasting() -> Case:
    from pytorch_forecasting.models.nn.rnn import get_rnn

    model = torch.nn.ModuleDict({"rnn": get_rnn("LSTM")(3, 8, batch_first=True)})
    return model, lambda model: model["rnn"](torch.randn(2, 5, 3))[0]


CASES = {
    "sb3-contrib": (sb3_contrib, "RecurrentPPO's policy"),
    "torchrl": (torchrl, "LSTMModule"),
    "asteroid": (asteroid, "DPRNN"),
    "asteroid ": (asteroid_masker, "LSTMMasker"),
    "demucs": (demucs, "Demucs"),
    "gluonts": (gluonts, "DeepAR"),
    "pytorch-forecasting": (pytorch_forecasting, "LSTM, a subclass of torch's"),
}


def results(model: torch.nn.Module, run: Callable[[Any], Any]) -> list[torch.Tensor]:
    """What a model returns and the gradient of every parameter, after one seed."""
    torch.manual_seed(1)
    found = run(model)
    parts = [p for p in (found if isinstance(found, (tuple, list)) else (found,)) if p is not None]
    model.zero_grad()
    sum(part.double().square().sum() for part in parts).backward()
    grads = [p.grad for p in model.parameters() if p.grad is not None]
    return [part.detach() for part in parts] + grads


def difference(ours: list[torch.Tensor], theirs: list[torch.Tensor]) -> float:
    """The largest difference, relative to the largest value of its tensor."""
    assert len(ours) == len(theirs)
    pairs = zip(ours, theirs, strict=True)
    return max(float((a - b).abs().max() / b.abs().max().clamp(min=1e-3)) for a, b in pairs)


def compared(make: Callable[[], Case]) -> str:
    """One line on a model and its accelerated twin."""
    torch.manual_seed(0)
    model, run = make()
    theirs = copy.deepcopy(model)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        nn.accelerate(model)
    turned = sum(isinstance(each, nn.Recurrent) for each in model.modules())
    left = sum("is left as it is" in str(each.message) for each in caught)
    off = difference(results(model, run), results(theirs, run))
    file = io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.add_(1)
    theirs.load_state_dict(torch.load(file))
    again = difference(results(model, run), results(theirs, run))
    fine = "the same" if max(off, again) < 1e-4 else "NOT THE SAME"
    return f"{turned} layers turned, {left} left; {fine}, off by at most {max(off, again):.0e}"


def main() -> int:
    missing, failed = [], 0
    for name, (make, what) in CASES.items():
        try:
            version = importlib.metadata.version(name.strip())
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                line = compared(make)
        except ImportError as error:
            missing.append(f"{name.strip()} ({error})")
            continue
        failed += "NOT" in line
        print(f"{name.strip()} {version}, {what}: {line}", flush=True)
    for each in missing:
        print(f"not installed: {each}")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
