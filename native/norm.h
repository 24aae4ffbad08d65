// Layer normalisation inside a cell (Ba et al. 2016): of the input's product, of the state's, and
// of an LSTM's c, or of the late product of a GRU that resets before it. A row's sums run over its own units in one order, whatever rows stand beside it.
#pragma once
#include <cmath>

#include "call.h"
#include "simd.h"

namespace OSTINATO_SET {

// Halves onto halves: one lane after the other would wait for each addition.
template <class T>
OSTINATO_INLINE T sum_of(Vec<T> v) {
    T lanes[kLanes<T>];
    store(lanes, v);
#pragma GCC unroll 4
    for (int half = kLanes<T> / 2; half; half /= 2)
        for (int i = 0; i < half; ++i) lanes[i] += lanes[i + half];
    return lanes[0];
}
// Rows of `blocks` blocks, each of Slots slots of Wide vectors; slots fall into groups that are
// normalised apart. `Group::of(slot)` tells a slot's group.
template <class T, int Slots, int Wide, int Groups, class Group>
struct Normal {
    static constexpr int L = kLanes<T>, U = Wide * L;
    int64_t hidden, blocks, block_stride, row_stride;
    T eps;

    template <class Each>
    OSTINATO_INLINE void each(int group, Each&& visit) const {
        for (int64_t block = 0; block < blocks; ++block)
            for (int slot = 0; slot < Slots; ++slot) {
                if (Group::of(slot) != group) continue;
                for (int v = 0; v < Wide; ++v)
                    visit(block, slot * U + v * L, hidden - block * U - v * L);
            }
    }
    T count(int group) const {
        int slots = 0;
        for (int slot = 0; slot < Slots; ++slot) slots += Group::of(slot) == group;
        return T(slots) * T(hidden);
    }
    // Values become (value - mean) / deviation; the deviations' inverses are kept, a group each.
    void forward(T* values, int64_t rows, T* inverse) const {
        for (int64_t r = 0; r < rows; ++r, values += row_stride, inverse += Groups)
            for (int g = 0; g < Groups; ++g) {
                Vec<T> sum{}, squares{};
                each(g, [&](int64_t block, int at, int64_t) {
                    sum += load(values + block * block_stride + at);
                });
                const T mean = sum_of<T>(sum) / count(g);
                each(g, [&](int64_t block, int at, int64_t left) {
                    T* place = values + block * block_stride + at;
                    Vec<T> d = load(place) - mean;
                    if (left < L) d *= real_lanes<T>(left);
                    squares += d * d;
                    store(place, d);
                });
                inverse[g] = T(1) / std::sqrt(sum_of<T>(squares) / count(g) + eps);
                each(g, [&](int64_t block, int at, int64_t) {
                    T* place = values + block * block_stride + at;
                    store(place, load(place) * inverse[g]);
                });
            }
    }
    // The gradients `dy` of values times `gain` (one row of blocks * Slots * U) become those of what
    // was normalised, written over the values; the gain's own are added to `d_gain`.
    void backward(const T* dy, int64_t dy_block, int64_t dy_row, T* values, int64_t rows,
                  const T* inverse, const T* gain, T* d_gain) const {
        for (int64_t r = 0; r < rows; ++r, values += row_stride, dy += dy_row, inverse += Groups)
            for (int g = 0; g < Groups; ++g) {
                Vec<T> sum{}, along{};
                each(g, [&](int64_t block, int at, int64_t) {
                    const int64_t k = block * Slots * U + at;
                    const Vec<T> d = load(dy + block * dy_block + at);
                    const Vec<T> x = load(values + block * block_stride + at);
                    store(d_gain + k, load(d_gain + k) + d * x);
                    sum += d * load(gain + k);
                    along += d * load(gain + k) * x;
                });
                const T mean = sum_of<T>(sum) / count(g), slope = sum_of<T>(along) / count(g);
                each(g, [&](int64_t block, int at, int64_t left) {
                    T* place = values + block * block_stride + at;
                    const Vec<T> scaled =
                        load(dy + block * dy_block + at) * load(gain + block * Slots * U + at);
                    Vec<T> d = (scaled - mean - load(place) * slope) * inverse[g];
                    if (left < L) d *= real_lanes<T>(left);
                    store(place, d);
                });
            }
    }
};

template <class C>
struct InputGroup {
    static int of(int slot) { return C::input_group(slot); }
};
template <class C>
struct StateGroup {
    static int of(int slot) { return C::state_group(slot); }
};
struct OneGroup {
    static int of(int) { return 0; }
};

// What a thread's rows keep for normalisation, and the packed gains and biases.
template <class T, class C>
struct Norm {
    static constexpr int L = kLanes<T>, U = C::kWide * L, G = C::kGroups, HG = C::kStateGroups;
    static constexpr int XW = C::kXSlots * U, HW = C::kHSlots * U, CW = C::kSaves || C::kLate ? U : 0;
    int64_t blocks, rows;
    T *x = nullptr, *h, *c, *x_inverse, *h_inverse, *c_inverse;
    const T *x_gain, *x_bias, *h_gain, *c_gain, *c_bias;
    Normal<T, C::kXSlots, C::kWide, G, InputGroup<C>> of_x;
    Normal<T, C::kHSlots, C::kWide, HG, StateGroup<C>> of_h;
    Normal<T, 1, 1, 1, OneGroup> of_c;

    static int64_t row_values(int64_t hidden) {
        return (hidden + U - 1) / U * (XW + HW + CW) + 2 * G + 1;
    }
    static int64_t pack_values(int64_t blocks) { return blocks * (2 * XW + HW + 2 * CW); }
    bool on() const { return x != nullptr; }

    // Gains and biases in [block][slot][unit].
    static void pack(const ostinato::Call<T>& q, int64_t blocks, T* to) {
        auto fill = [&](int first, int slots, auto&& value) {
            for (int64_t block = 0; block < blocks; ++block)
                for (int slot = 0; slot < slots; ++slot)
                    for (int64_t u = 0; u < U; ++u) {
                        const int64_t unit = block * U + u;
                        const int64_t row = C::gate(first + slot) * q.hidden + unit;
                        *to++ = unit < q.hidden ? value(row, slot, unit) : T(0);
                    }
        };
        fill(C::kX, C::kXSlots, [&](int64_t row, int, int64_t) { return q.gain_ih[row]; });
        fill(C::kX, C::kXSlots, [&](int64_t row, int slot, int64_t) {
            T bias = q.b_ih ? q.b_ih[row] : T(0);
            if (q.b_hh && !(C::kHiddenBias && slot == 0)) bias += q.b_hh[row];
            return bias;
        });
        fill(C::kH, C::kHSlots, [&](int64_t row, int, int64_t) { return q.gain_hh[row]; });
        if (C::kSaves) {
            fill(0, 1, [&](int64_t, int, int64_t unit) { return q.gain_cell[unit]; });
            fill(0, 1, [&](int64_t, int, int64_t unit) { return q.bias_cell[unit]; });
        }
        if (C::kLate) fill(0, 1, [&](int64_t row, int, int64_t) { return q.gain_hh[row]; });
    }
    Norm(const ostinato::Call<T>& q, int64_t block_count, int64_t row_count, T* kept, const T* packed)
        : blocks(block_count), rows(row_count) {
        if (!q.gain_ih) return;
        x = kept, h = x + blocks * rows * XW, c = h + blocks * rows * HW;
        x_inverse = c + blocks * rows * CW, h_inverse = x_inverse + rows * G;
        c_inverse = h_inverse + rows * G;
        x_gain = packed, x_bias = x_gain + blocks * XW, h_gain = x_bias + blocks * XW;
        c_gain = h_gain + blocks * HW, c_bias = c_gain + blocks * CW;
        const T eps = T(q.eps);
        of_x = {q.hidden, blocks, rows * XW, XW, eps};
        of_h = {q.hidden, blocks, rows * HW, HW, eps};
        of_c = {q.hidden, blocks, rows * U, U, eps};
    }
    // Rows [first, first + n) of `from`, made the first ones here.
    void copy(const Norm& from, int64_t first, int64_t n) const {
        auto take = [&](T* to, const T* of, int64_t count, int64_t width) {
            for (int64_t k = 0; k < count; ++k)
                std::memcpy(to + k * rows * width, of + (k * from.rows + first) * width,
                            size_t(n * width) * sizeof(T));
        };
        take(x, from.x, blocks, XW), take(h, from.h, blocks, HW), take(c, from.c, blocks, CW);
        take(x_inverse, from.x_inverse, 1, G), take(h_inverse, from.h_inverse, 1, HG);
        take(c_inverse, from.c_inverse, 1, 1);
    }
    // The late product normalised and added to the panel's first slot.
    void late_rows(int64_t at, int64_t n, T* panel, int64_t panel_block, int64_t panel_row) const {
        of_c.forward(c + at * U, n, c_inverse + at);
        for (int64_t block = 0; block < blocks; ++block)
            for (int64_t r = 0; r < n; ++r) {
                T* place = panel + block * panel_block + r * panel_row;
                const Vec<T> value = load(c + (block * rows + at + r) * U);
                store(place, load(place) + value * load(c_gain + block * U));
            }
    }
    // A row's c as tanh sees it.
    Vec<T> seen(int64_t block, int64_t row) const {
        return load(c + (block * rows + row) * U) * load(c_gain + block * U) + load(c_bias + block * U);
    }
    // Rows [at, at + n): x's product normalised into the panel's slots, with gains and biases.
    void input_rows(int64_t at, int64_t n, T* panel, int64_t panel_block, int64_t panel_row) const {
        of_x.forward(x + at * XW, n, x_inverse + at * G);
        for (int64_t block = 0; block < blocks; ++block)
            for (int64_t r = 0; r < n; ++r)
                for (int k = 0; k < XW; k += L)
                    store(panel + block * panel_block + r * panel_row + C::kX * U + k,
                          load(x + (block * rows + at + r) * XW + k) * load(x_gain + block * XW + k) +
                              load(x_bias + block * XW + k));
    }
    // The same of the state's product, added to the panel; GRU's last slot begins with its bias.
    void state_rows(int64_t at, int64_t n, T* panel, int64_t panel_block, int64_t panel_row,
                    const T* hn_bias) const {
        of_h.forward(h + at * HW, n, h_inverse + at * HG);
        for (int64_t block = 0; block < blocks; ++block)
            for (int64_t r = 0; r < n; ++r)
                for (int k = 0; k < HW; k += L) {
                    T* place = panel + block * panel_block + r * panel_row + C::kH * U + k;
                    const bool alone = C::kHiddenBias && k == HW - U;
                    const Vec<T> before = alone ? load(hn_bias + block * U) : load(place);
                    store(place, before + load(h + (block * rows + at + r) * HW + k) *
                                              load(h_gain + block * HW + k));
                }
    }
};

// The gradients of gains and biases: of one chunk, or a thread's in all.
template <class T, class C>
struct NormSums {
    using N = Norm<T, C>;
    static constexpr int U = N::U, W = C::kSlots * U;
    T *x_gain, *h_gain, *c_gain, *c_bias, *slots;  // slots: the biases, of every slot of the panel
    static int64_t values(int64_t blocks) { return blocks * (N::XW + N::HW + 2 * N::CW + W); }
    NormSums(T* at, int64_t blocks)
        : x_gain(at),
          h_gain(x_gain + blocks * N::XW),
          c_gain(h_gain + blocks * N::HW),
          c_bias(c_gain + blocks * N::CW),
          slots(c_bias + blocks * N::CW) {}
    void clear(int64_t blocks) { std::memset(x_gain, 0, size_t(values(blocks)) * sizeof(T)); }
    void add_biases(const T* panel, int64_t panel_block, int64_t blocks, int64_t rows) {
        for (int64_t block = 0; block < blocks; ++block)
            for (int64_t r = 0; r < rows; ++r)
                for (int k = 0; k < W; ++k) slots[block * W + k] += panel[block * panel_block + r * W + k];
    }
    void add_to(T* total, int64_t blocks) const {
        for (int64_t k = 0; k < values(blocks); ++k) total[k] += x_gain[k];
    }
    // Threads' totals joined in their order, in torch's rows.
    template <class Totals>
    static void unpack(const ostinato::Call<T>& q, int64_t blocks, Totals&& totals) {
        auto rows = [&](T* NormSums::*part, int width, int slot, int gate, T* to) {
            if (!to) return;
            for (int64_t unit = 0; unit < q.hidden; ++unit) {
                T sum = 0;
                for (int64_t i = 0; i < q.threads; ++i)
                    sum += (NormSums(totals(i), blocks).*part)[(unit / U * width + slot) * U + unit % U];
                to[gate * q.hidden + unit] = sum;
            }
        };
        for (int k = 0; k < C::kXSlots; ++k) {
            const int gate = C::gate(C::kX + k);
            rows(&NormSums::x_gain, C::kXSlots, k, gate, q.grad_gain_ih);
            rows(&NormSums::slots, C::kSlots, C::kX + k, gate, q.grad_b_ih);
        }
        for (int k = 0; k < C::kHSlots; ++k) {
            const int gate = C::gate(C::kH + k);
            rows(&NormSums::h_gain, C::kHSlots, k, gate, q.grad_gain_hh);
            rows(&NormSums::slots, C::kSlots, C::kH + k, gate, q.grad_b_hh);
        }
        if (C::kLate) rows(&NormSums::c_gain, 1, 0, C::gate(0), q.grad_gain_hh);
        if (C::kSaves) {
            rows(&NormSums::c_gain, 1, 0, 0, q.grad_gain_cell);
            rows(&NormSums::c_bias, 1, 0, 0, q.grad_bias_cell);
        }
    }
};

}  // namespace OSTINATO_SET
