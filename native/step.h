// One time step from weights that were packed before: for streams, which feed a row at a time.
// Every sum runs in the order of recurrence.h, so a stream's bits are the whole sequence's.
#pragma once
#include "recurrence.h"

namespace OSTINATO_SET {

using ostinato::StepCall;

template <class T, class C>
struct Pack {  // [x weights, biases][h weights][the bias inside GRU's reset gate][peepholes][norm]
    static constexpr int L = kLanes<T>, U = C::kWide * L;
    int64_t blocks, x, h, peephole, norm, total;
    Pack(int64_t input, int64_t hidden)
        : blocks((hidden + U - 1) / U),
          x(blocks * (input + 1) * C::kXSlots * U),
          h(blocks * hidden * (C::kHSlots + C::kLate) * U),
          peephole(x + h + blocks * U),
          norm(peephole + 3 * blocks * U),
          total(norm + Norm<T, C>::pack_values(blocks)) {}
};

template <class T, class C>
void pack_cell(const Call<T>& q, T* to) {
    const Pack<T, C> p(q.input, q.hidden);
    pack_forward<T, C>(q, to, to + p.x, to + p.x + p.h);
    pack_peephole(q, p.blocks * p.U, to + p.peephole);
    if (q.gain_ih) Norm<T, C>::pack(q, p.blocks, to + p.norm);
}

// Rows [first, first + rows) of the batch.
template <class T, class C>
void step_rows(const StepCall<T>& q, int thread, int64_t first, int64_t rows) {
    using S = Sizes<T, C>;
    constexpr int U = S::U, W = S::W, L = S::L;
    const Pack<T, C> pack(q.input, q.hidden);
    const T *x_pack = q.pack, *h_pack = q.pack + pack.x, *hn_bias = h_pack + pack.h;
    const int64_t H = q.hidden, x_row = (q.input + 8) / 8 * 8, state_row = pack.blocks * U + 16;
    const int64_t block_row = rows * W;
    auto room = [&](Room name, int64_t count) {
        return static_cast<T*>(q.workspace(q.rooms, thread, name, size_t(count + 64) * sizeof(T)));
    };
    T *inputs = room(Room::kInputs, rows * x_row), *enter = room(Room::kEntering, rows * state_row);
    T *kept = room(Room::kState, rows * state_row), *gates = room(Room::kGates, pack.blocks * block_row);
    for (int64_t r = 0; r < rows; ++r) {
        const int64_t row = first + r;
        T *x = inputs + r * x_row, *h = enter + r * state_row, *state = kept + r * state_row;
        std::memcpy(x, q.x + row * q.input, size_t(q.input) * sizeof(T));
        x[q.input] = T(1);
        std::memcpy(h, q.h + row * H, size_t(H) * sizeof(T));
        for (int64_t u = H; u < pack.blocks * U; ++u) h[u] = T(0);
        if (C::kKeepsState) {
            std::memcpy(state, (C::kSaves ? q.c : q.h) + row * H, size_t(H) * sizeof(T));
            for (int64_t u = H; u < pack.blocks * U; ++u) state[u] = T(0);
        }
    }
    constexpr int XW = S::XV * L, HW = S::HV * L;
    const T* late_pack = h_pack + pack.blocks * H * HW;
    T* through = C::kLate ? room(Room::kThrough, rows * state_row) : nullptr;  // h as the reset gate lets it
    auto through_reset = [&] {
        if constexpr (C::kLate)
            for (int64_t b = 0; b < pack.blocks; ++b)
                for (int64_t r = 0; r < rows; ++r) {
                    const int64_t place = r * state_row + b * U;
                    store(through + place,
                          C::reset(gates + b * block_row + r * W, load(enter + place)));
                }
    };
    Call<T> about{};
    about.hidden = H, about.eps = q.eps, about.gain_ih = q.norm ? q.pack : nullptr;
    using N = Norm<T, C>;
    const N norm(about, pack.blocks, rows, q.norm ? room(Room::kNormRows, rows * N::row_values(H)) : nullptr,
                 q.pack + pack.norm);
    if (norm.on()) {
        for (int64_t b = 0; b < pack.blocks; ++b)
            product<T, S::XV, kZero>(rows, inputs, x_row, q.input, x_pack + b * (q.input + 1) * XW, XW,
                                     norm.x + b * rows * XW, XW);
        norm.input_rows(0, rows, gates, block_row, W);
        for (int64_t b = 0; b < pack.blocks; ++b)
            product<T, S::HV, kZero>(rows, enter, state_row, H, h_pack + b * H * HW, HW,
                                     norm.h + b * rows * HW, HW);
        norm.state_rows(0, rows, gates, block_row, W, hn_bias);
    } else if (rows == 1) {
        row_products<T, S::XV, kZero>(inputs, q.input + 1, x_pack, (q.input + 1) * XW, pack.blocks,
                                      gates + C::kX * U, W);
        if (C::kHiddenBias)
            for (int64_t b = 0; b < pack.blocks; ++b)
                store(gates + b * W + 3 * U, load(hn_bias + b * U));
        row_products<T, S::HV, kContinue>(enter, H, h_pack, H * HW, pack.blocks, gates + C::kH * U, W);
        if (C::kLate) {
            through_reset();
            row_products<T, 1, kContinue>(through, H, late_pack, H * U, pack.blocks, gates, W);
        }
    } else {
        for (int64_t b = 0; b < pack.blocks; ++b) {
            T* panel = gates + b * block_row;
            product<T, S::XV, kZero>(rows, inputs, x_row, q.input + 1,
                                     x_pack + b * (q.input + 1) * XW, XW, panel + C::kX * U, W);
            if (C::kHiddenBias)
                for (int64_t r = 0; r < rows; ++r) store(panel + r * W + 3 * U, load(hn_bias + b * U));
            product<T, S::HV, kContinue>(rows, enter, state_row, H, h_pack + b * H * HW, HW,
                                         panel + C::kH * U, W);
        }
        if (C::kLate) {
            through_reset();
            for (int64_t b = 0; b < pack.blocks; ++b)
                product<T, 1, kContinue>(rows, through, state_row, H, late_pack + b * H * U, U,
                                         gates + b * block_row, W);
        }
    }
    const Vec<T> share_h = splat(q.rate_h), share_c = splat(q.rate_c);
    auto finish = [&](int64_t r, int64_t unit, Vec<T> h) {
        if (q.rate_h != T(0)) h = blend<T>(h, load(enter + r * state_row + unit), share_h);
        store_some(q.h_out + (first + r) * H + unit, h, H - unit);
    };
    for (int64_t b = 0; b < pack.blocks; ++b)
        for (int64_t r = 0; r < rows; ++r) {
#pragma GCC unroll 2
            for (int v = 0; v < C::kWide; ++v) {
                const int64_t unit = b * U + v * L;
                T* state = kept + r * state_row + unit;
                const Vec<T> before = C::kSaves ? load(state) : Vec<T>{};
                Vec<T> h = C::forward({gates + b * block_row + r * W + v * L, state, nullptr, nullptr,
                                       q.peephole ? q.pack + pack.peephole + unit : nullptr,
                                       pack.blocks * U});
                if constexpr (C::kSaves) {
                    Vec<T> c = load(state);
                    if (norm.on()) store(norm.c + (b * rows + r) * U, c);
                    if (q.rate_c != T(0)) c = blend<T>(c, before, share_c);
                    store_some(q.c_out + (first + r) * H + unit, c, H - unit);
                    if (norm.on()) continue;  // h waits for the whole row's c
                }
                finish(r, unit, h);
            }
        }
    if constexpr (C::kSaves)
        if (norm.on()) {
            norm.of_c.forward(norm.c, rows, norm.c_inverse);
            for (int64_t b = 0; b < pack.blocks; ++b)
                for (int64_t r = 0; r < rows; ++r) {
                    const T* gate = gates + b * block_row + r * W + C::kOut * U;
                    finish(r, b * U, load(gate) * hyperbolic_tangent(norm.seen(b, r)));
                }
        }
}

template <class T, class C>
void step_cell(const StepCall<T>& q) {
#pragma omp parallel for schedule(static, 1) num_threads(int(q.threads)) if (q.threads > 1)
    for (int64_t i = 0; i < q.threads; ++i) {
        const int64_t from = q.batch * i / q.threads, to = q.batch * (i + 1) / q.threads;
        if (to > from) step_rows<T, C>(q, int(i), from, to - from);
    }
}

}  // namespace OSTINATO_SET
