"""Mistakes to plant in the kernels, one at a time: the tests must find each.

Texts are short, so that they outlive rewriting, and must stand in their file exactly once.
"""

from __future__ import annotations

from typing import NamedTuple


class Mutation(NamedTuple):
    file: str
    text: str
    mistake: str
    meaning: str


MUTATIONS = [
    Mutation("layout.h", "panel[q.input] = T(1);", "panel[q.input] = T(0);", "no biases"),
    Mutation("layout.h", "bias += q.b_hh[row];", "bias -= q.b_hh[row];", "b_hh with minus"),
    Mutation(
        "layout.h",
        "q.lengths[row] - 1 - step",
        "q.steps - 1 - step",
        "backwards from the padding",
    ),
    Mutation("layout.h", "(q.reverse ? 1 : 0)", "0", "borders backwards are off by one"),
    Mutation(
        "layout.h",
        "share * old + (T(1) - share) * fresh",
        "share * fresh + (T(1) - share) * old",
        "zoneout keeps the wrong share",
    ),
    Mutation(
        "recurrence.h",
        "h * q.recurrent_mask[row * units + u]",
        "h",
        "no mask on the initial state",
    ),
    Mutation(
        "recurrence.h", "if (q.recurrent_mask) h *=", "if (false) h *=", "no mask on later states"
    ),
    Mutation(
        "layout.h",
        "q.peephole[gate * q.hidden + u]",
        "q.peephole[u]",
        "one peephole for three gates",
    ),
    Mutation(
        "recurrence.h",
        "q.h0 ? q.h0 + row * z.state : nullptr",
        "nullptr",
        "an empty sequence ends in zeros",
    ),
    Mutation(
        "recurrence.h",
        "for (int64_t t = length; t < q.steps; ++t)",
        "for (int64_t t = length + 1; t < q.steps; ++t)",
        "the first padded output is not cleared",
    ),
    Mutation("weights.h", "run += kSumRows", "run += kSumRows + 1", "a row in 129 is lost"),
    Mutation(
        "backward.h",
        "grad_h[row * z.state + u] +=",
        "grad_h[row * z.state + u] =",
        "only one episode reaches the state that a reset returns to",
    ),
    Mutation(
        "backward.h",
        "first = s == 0 || reset;",
        "first = s == 0;",
        "an episode's first step takes the h before",
    ),
    Mutation("backward.h", "if (mask) v *=", "if (false) v *=", "gradient of h without the mask"),
    Mutation("backward.h", "row_at[u] *= mask[u]", "row_at[u] *= T(1)", "w_hh's without the mask"),
    Mutation("weights.h", "sum += (sums[i]", "sum = (sums[i]", "one thread's weight gradients"),
    Mutation(
        "backward.h",
        "d += load_some(q.grad_cell_sequence",
        "d -= load_some(q.grad_cell_sequence",
        "c's own gradients with minus",
    ),
    Mutation(
        "backward.h",
        "to.peephole[at] += to.peephole_run[at]",
        "to.peephole[at] = to.peephole_run[at]",
        "one chunk's peephole gradients",
    ),
    Mutation("gru.h", "dn * hn * r * (T(1) - r)", "dn * hn * r", "r's slope"),
    Mutation("gru.h", "store(u.d_gates + 3 * L, dn * r);", "store(u.d_gates + 3 * L, dn);", "hn's"),
    Mutation("gru.h", "return slot == 2;", "return slot == 0;", "r normalised with n"),
    Mutation(
        "gru.h",
        "dn * r);\n        return dh * z;",
        "dn * r);\n        return dh;",
        "the old state's gradient",
    ),
    Mutation("gru.h", "d * entering * r * (T(1) - r)", "d * entering * r", "the early r's slope"),
    Mutation("gru.h", "return d * r;", "return d;", "the early reset's way to the state"),
    Mutation("layout.h", "all - all * rate;", "all;", "zoneout's rate in the gradient"),
    Mutation(
        "backward.h",
        "z.state_row, C::kLate, member);",
        "z.state_row, false, member);",
        "late gradients lost",
    ),
    Mutation(
        "layout.h",
        "== T(1) ? load(gate) : Vec<T>{}",
        "== T(1) ? load(gate) : load(gate)",
        "padded NaN",
    ),
    Mutation(
        "step.h",
        "load(enter + r * state_row + unit), splat",
        "h, splat",
        "a step's zoneout",
    ),
    Mutation("lstm.h", "2 * u.peephole_row) * c;", "2 * u.peephole_row) * before;", "o's view"),
    Mutation("lstm.h", "(coupled ? g - before : g)", "g", "coupled i's gradient"),
    Mutation(
        "lstm.h",
        "u.zoned ? f * before + i * g : load(u.saved)",
        "load(u.saved)",
        "tanh of the zoned-out c",
    ),
    Mutation(
        "layout.h",
        "unit < q.hidden ? q.w_hr[k * q.hidden + unit] : T(0)",
        "unit < q.hidden ? q.w_hr[k * q.hidden] : T(0)",
        "one projection for all units on the way back",
    ),
    Mutation(
        "backward.h",
        "store(d_projected + (at + r)",
        "store(d_projected + r",
        "the projection's gradient from one step",
    ),
    Mutation(
        "weights.h",
        "sum += sums[i].projection",
        "sum = sums[i].projection",
        "one thread's projection gradients",
    ),
    Mutation("backward.h", "late_panel = norm.c;", "late_panel = panel;", "late w_hh, normalised"),
    Mutation(
        "backward.h", "d_product = norm.c + at * U, row_stride = U;", "", "late state, normalised"
    ),
    Mutation(
        "backward.h",
        "gates + (block * total + saved + r) * W + v * L;",
        "gates + (block * total + at + r) * W + v * L;",
        "the first chunk's gates for every chunk",
    ),
    Mutation(
        "backward.h",
        "load_some(q.out + row * q.out_batch + time * q.out_step + unit, left)",
        "load_some(q.out + row * q.out_batch + s * q.out_step + unit, left)",
        "an RNN backwards takes another step's output",
    ),
    Mutation("kernels.cpp", "|| q.zoned() ?", "|| false ?", "a zoned-out RNN saves no gates"),
    Mutation("norm.h", "(k * from.rows + first) * width", "k * from.rows * width", "first chunk"),
    Mutation("norm.h", "if (C::kLate) rows(", "if (false) rows(", "the late gain's gradient"),
    Mutation("step.h", "weights + block * H * L", "weights", "a step's projection, one block"),
    Mutation("rnn.h", "dh * (T(1) - h * h)", "dh * (T(1) - h)", "tanh's slope"),
    Mutation("norm.h", "/ count(g) + eps", "/ count(g)", "no eps"),
    Mutation("norm.h", "- load(place) * slope", "", "normalisation's gradient"),
    Mutation(
        "norm.h",
        "if (left < L) d *= real_lanes<T>(left);\n                    squares",
        "squares",
        "lanes past the units count",
    ),
    Mutation("step.h", "x[q.input] = T(1);", "x[q.input] = T(0);", "a step without biases"),
    Mutation(
        "product.h",
        "for (; block + 2 <= blocks; block += 2)",
        "for (; block + 3 <= blocks; block += 3)",
        "a block is left out",
    ),
    Mutation("linear.h", "real && bias ? bias[output] : T(0)", "T(0)", "a map without bias"),
    Mutation(
        "linear.h",
        "left < kLinearRows ? left : kLinearRows,",
        "left < kLinearRows ? left : kLinearRows - 1,",
        "a row in 96 is lost",
    ),
    Mutation("simd.h", "s < 0.390625f", "s < 1.5f", "tanh's series past its range"),
    Mutation(
        "simd.h", "return given <= high ? result : ", "return true ? result : ", "NaN is lost"
    ),
    Mutation(
        "simd.h",
        "std::memcpy(to, &v, size_t(n) * sizeof(T));",
        "std::memcpy(to, &v, sizeof v);",
        "a row's end is written over the next",
    ),
    Mutation("product.h", "load(at) + sum[r][v] : sum[r][v]", "sum[r][v] : sum[r][v]", "kAdd"),
    Mutation("plan.h", "first += sum;", "first = sum;", "the third thread's saved gates"),
    Mutation(
        "plan.h",
        "return lengths[size_t(a)] > lengths[size_t(b)];",
        "return lengths[size_t(a)] < lengths[size_t(b)];",
        "shortest first",
    ),
    Mutation(
        "workspace.h", "std::min({asked, parts, kMostThreads})", "asked", "more threads than rooms"
    ),
    Mutation("packed.cpp", "rows * q.input}", "rows * 0}", "same: w_ih is not looked at"),
    Mutation("packed.cpp", "{q.gain_cell, q.hidden}", "{q.gain_cell, 0}", "same: nor gain_cell"),
    Mutation("packed.cpp", "now.eps != then.eps ||", "", "same: another eps"),
    Mutation("packed.cpp", "!= arrays_[k].given", "&& false", "same: a bias that came or went"),
    Mutation("fields.h", "& need && !given_[k]", "& 0 && !given_[k]", "missing fields are zero"),
    Mutation("module.cpp", "(size.layers - 1) * count", "0 * count", "the first layer's output"),
    Mutation(
        "module.cpp",
        "at<T>(h), at<T>(h), at<T>(c), at<T>(c));",
        "at<T>(h), at<T>(h), at<T>(c), at<T>(h));",
        "c is written over h",
    ),
]
