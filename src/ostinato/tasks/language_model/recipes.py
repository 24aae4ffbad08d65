"""Options of language models that were published, by name."""

from __future__ import annotations

from typing import Any

RECIPES: dict[str, dict[str, Any]] = {
    # Merity et al., arXiv:1708.02182, section 5. Here lengths of chunks vary by a fifth, there they
    # are drawn around the chunk, and now and then around half of it.
    "awd-lstm": {
        "level": "word",
        "max_vocabulary": None,
        "embedding_size": 400,
        "cell": "lstm",
        "hidden_size": 1150,
        "num_layers": 3,
        "final_size": 400,
        "tied": True,
        "dropout": 0.4,
        "layer_dropout": 0.3,
        "locked": True,
        "embedding_dropout": 0.65,
        "word_dropout": 0.1,
        "weight_drop": 0.5,
        "activation_penalty": 2.0,
        "change_penalty": 1.0,
        "chunk": 70,
        "epochs": 750,
        "batch_size": 80,
        "optimizer": "nt_asgd",
        "learning_rate": 30.0,
        "weight_decay": 1.2e-6,
        "clip_norm": 0.25,
        "schedule": "constant",
        "average": 0.0,
        "nonmonotone": 5,
    },
}
