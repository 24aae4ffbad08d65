"""Your own `nn.Module` trained by `ostinato.training.fit`: find the one odd step in a sequence.

python examples/own_module.py
"""

from __future__ import annotations

import argparse

import torch

from ostinato import nn, training


class OddOneOut(torch.nn.Module):
    """A bidirectional GRU that scores every step: which one does not fit its neighbours?"""

    def __init__(self, hidden_size: int = 32) -> None:
        super().__init__()
        self.layer = nn.GRU(1, hidden_size, batch_first=True, bidirectional=True)
        self.head = torch.nn.Linear(2 * hidden_size, 1)

    def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """x `(batch, steps, 1)` to one score a step; steps past a length cannot win."""
        outputs, _ = self.layer(x, lengths=lengths)
        past = torch.arange(x.shape[1]) >= lengths[:, None]
        return self.head(outputs).squeeze(2).masked_fill(past, -1e9)


def waves(rows: int, seed: int) -> dict[str, object]:
    """Sine waves of 20 to 60 steps, each with one step out of line, and where it is."""
    draw = torch.Generator().manual_seed(seed)
    x, y = [], []
    for _ in range(rows):
        steps = int(torch.randint(20, 61, (1,), generator=draw))
        speed, phase = torch.rand(2, generator=draw) + 0.2
        wave = torch.sin(torch.arange(steps) * speed + 6 * phase)
        place = int(torch.randint(steps, (1,), generator=draw))
        wave[place] += 0.5 if torch.rand(1, generator=draw) < 0.5 else -0.5
        x.append(wave.unsqueeze(1).numpy())
        y.append(place)
    return {"x": x, "y": torch.tensor(y)}


def loss(module: torch.nn.Module, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """What `fit` asks of you: the batch's mean loss, and whatever else you want to see."""
    scores = module(batch["x"], batch["x_lengths"])
    return {
        "loss": torch.nn.functional.cross_entropy(scores, batch["y"]),
        "accuracy": (scores.argmax(1) == batch["y"]).float().mean(),
    }


def answer(module: torch.nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """The odd step of each sequence, for `predict`."""
    return module(batch["x"], batch["x_lengths"]).argmax(1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=30)
    options = parser.parse_args()
    model = OddOneOut()
    unseen = training.Batches(waves(400, seed=1), 64)
    result = training.fit(
        model,
        training.Batches(waves(2000, seed=0), 64, shuffle=True, bucket=True),
        unseen,
        loss=loss,
        options=training.TrainingOptions(
            epochs=options.epochs,
            optimizer="adamw",
            learning_rate=5e-3,
            schedule="one_cycle",
            clip_norm=1.0,
            monitor="val_accuracy",
            mode="max",
        ),
    )
    found = training.predict(model, unseen, call=answer)
    print(f"first odd steps found: {found[:8].tolist()}, true: {unseen.arrays['y'][:8].tolist()}")
    print(nn.summary(model, torch.zeros(1, 60, 1), torch.tensor([60])))
    print(
        f"best epoch {result.best_epoch}: {result.best_value:.1%} of unseen waves right "
        f"(guessing: {1 / 40:.1%}), {result.seconds:.0f} s"
    )


if __name__ == "__main__":
    main()
