"""The equations once more, in plain NumPy: one sequence, one episode, one step, one gate at a time.

Written from the papers and apart from the package, so that a mistake would have to be made twice.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

GATES = {"rnn": ["h"], "gru": ["r", "z", "n"], "lstm": ["i", "f", "g", "o"]}


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def standardise(a, eps):
    return (a - a.mean()) / np.sqrt(a.var() + eps)


def normed(products, groups, gain, eps):
    """Each group's gates standardised together, then scaled: gate -> vector."""
    out = {}
    for group in groups:
        flat = standardise(np.concatenate([products[g] for g in group]), eps)
        for g, part in zip(group, np.split(flat, len(group)), strict=True):
            out[g] = part * gain[g]
    return out


def by_gate(rows, gates):
    return dict(zip(gates, np.split(rows, len(gates)), strict=True))


def step(cell, x, h, c, p, b, t):
    """One step of sequence `b` at its own time `t`: the new h and c, before any zoneout."""
    gates = ["i", "g", "o"] if p.get("coupled_gates") else GATES[cell]
    W, U = by_gate(p["w_ih"], gates), by_gate(p["w_hh"], gates)
    zero = np.zeros(len(p["w_ih"]))
    bi = by_gate(zero if p.get("b_ih") is None else p["b_ih"], gates)
    bh = by_gate(zero if p.get("b_hh") is None else p["b_hh"], gates)
    norm, eps = p.get("layer_norm"), 1e-5
    entering = h if p.get("recurrent_mask") is None else h * p["recurrent_mask"][b]
    groups = [["r", "z"], ["n"]] if cell == "gru" else [gates]
    a = {g: W[g] @ x for g in gates}
    u = {g: U[g] @ entering for g in gates}
    if norm:
        a = normed(a, groups, by_gate(norm[0], gates), eps)
        gain = by_gate(norm[1], gates)
        if cell != "gru" or p.get("reset_after", True):
            u = normed(u, groups, gain, eps)
        else:
            u |= normed(u, groups[:1], gain, eps)
    s = {g: a[g] + bi[g] + u[g] + bh[g] for g in gates}
    if cell == "rnn":
        return (np.maximum(s["h"], 0) if p.get("activation") == "relu" else np.tanh(s["h"])), c
    if cell == "gru":
        r, z = sigmoid(s["r"]), sigmoid(s["z"])
        if p.get("reset_after", True):
            n = np.tanh(a["n"] + bi["n"] + r * (u["n"] + bh["n"]))
        else:
            late = U["n"] @ (r * entering)
            if norm:
                late = standardise(late, eps) * gain["n"]
            n = np.tanh(a["n"] + bi["n"] + late + bh["n"])
        return (1 - z) * n + z * h, c
    peep = np.split(np.zeros(3 * len(c)) if p.get("peephole") is None else p["peephole"], 3)
    i = sigmoid(s["i"] + peep[0] * c)
    f = 1 - i if p.get("coupled_gates") else sigmoid(s["f"] + peep[1] * c)
    c = f * c + i * np.tanh(s["g"])
    o = sigmoid(s["o"] + peep[2] * c)
    seen = c if not norm else standardise(c, eps) * norm[2] + norm[3]
    h = o * np.tanh(seen)
    return (h if p.get("w_hr") is None else p["w_hr"] @ h), c


def zoned(zone, new, old, b, t):
    if zone is None:
        return new
    if isinstance(zone, float):
        return zone * old + (1 - zone) * new
    return np.where(zone[b, t], old, new)


def run(cell, p):
    """Every result for arrays `p` named as the arguments of `ostinato.ops`."""
    batch, steps, _ = p["x"].shape
    lengths = [steps] * batch if p.get("lengths") is None else p["lengths"]
    outputs = np.zeros((batch, steps, p["h0"].shape[1]))
    cells = np.zeros((batch, steps, p["c0"].shape[1])) if cell == "lstm" else None
    h_n = p["h0"].copy()
    c_n = p["c0"].copy() if cell == "lstm" else None
    for b in range(batch):
        borders, anew = [0, lengths[b]], False
        if p.get("resets") is not None:
            borders += [t for t in range(1, lengths[b]) if p["resets"][b, t]]
            anew = lengths[b] > 0 and bool(p["resets"][b, 0])
        borders = sorted(set(borders))
        episodes = [list(range(s, e)) for s, e in pairwise(borders)]
        if p.get("reverse"):
            episodes = [episode[::-1] for episode in episodes[::-1]]
        for k, episode in enumerate(episodes):
            # Backwards, a border before the first step comes after everything.
            names = ("h_reset", "c_reset") if k or (anew and not p.get("reverse")) else ("h0", "c0")
            h, c = (None if p.get(name) is None else p[name][b] for name in names)
            h = np.zeros_like(p["h0"][b]) if h is None else h
            c = np.zeros_like(p["c0"][b]) if c is None and cell == "lstm" else c
            for t in episode:
                new_h, new_c = step(cell, p["x"][b, t], h, c, p, b, t)
                h = zoned(p.get("zoneout"), new_h, h, b, t)
                outputs[b, t] = h
                if cell == "lstm":
                    c = zoned(p.get("zoneout_cell"), new_c, c, b, t)
                    cells[b, t] = c
            h_n[b] = h
            if cell == "lstm":
                c_n[b] = c
    if cell != "lstm":
        return [outputs, h_n]
    return [outputs, h_n, c_n] + ([cells] if p.get("cell_sequence") else [])
