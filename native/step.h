// One time step from weights that were packed before: for streams, which feed a row at a time.
// Every sum runs in the order of recurrence.h, so a stream's bits are the whole sequence's.
#pragma once
#include "recurrence.h"

namespace OSTINATO_SET {

using ostinato::StepCall;

template <class T, class C>
struct Pack {  // [x weights, biases][h weights][GRU's bias inside the reset gate][peepholes][norm][W_hr]
    static constexpr int L = kLanes<T>, U = C::kWide * L;
    int64_t blocks, x, h, peephole, norm, projection;
    Pack(int64_t input, int64_t hidden, int64_t state)
        : blocks((hidden + U - 1) / U),
          x(blocks * (input + 1) * C::kXSlots * U),
          h(blocks * state * (C::kHSlots + C::kLate) * U),
          peephole(x + h + blocks * U),
          norm(peephole + 3 * blocks * U),
          projection(norm + Norm<T, C>::pack_values(blocks)) {}
};

template <class T, class C>
void pack_cell(const Call<T>& q, T* to) {
    const Pack<T, C> p(q.input, q.hidden, q.state);
    pack_forward<T, C>(q, to, to + p.x, to + p.x + p.h);
    pack_peephole(q, p.blocks * p.U, to + p.peephole);
    if (q.gain_ih) Norm<T, C>::pack(q, p.blocks, to + p.norm);
    if (q.w_hr) fill_projection(q, to + p.projection);
}

// Rows [first, first + rows) of the batch.
template <class T, class C>
class StepShare {
    using S = Sizes<T, C>;
    using N = Norm<T, C>;
    static constexpr int U = S::U, W = S::W, L = S::L, XW = S::XV * L, HW = S::HV * L;
    const StepCall<T>& q;
    const int thread;
    const int64_t first, rows, H, depth;  // depth: units of h
    const Pack<T, C> pack;
    const int64_t x_row, state_row, block_row, output_row;
    const T *x_pack, *h_pack, *hn_bias, *late_pack;
    T *inputs, *enter, *kept;  // (rows, x_row), (rows, state_row) of h, of what the cell keeps
    T* gates;                  // [block][row][slot][unit]
    T* through;                // (rows, state_row): h as an early reset gate lets it
    T *outputs, *projected;    // (rows, output_row), (rows, state_row)
    const N norm;

public:
    StepShare(const StepCall<T>& call, int of_thread, int64_t from, int64_t count)
        : q(call),
          thread(of_thread),
          first(from),
          rows(count),
          H(q.hidden),
          depth(q.state),
          pack(q.input, q.hidden, q.state),
          x_row((q.input + 8) / 8 * 8),
          state_row((depth > H ? depth + U : pack.blocks * U) + 16),
          block_row(rows * W),
          output_row(pack.blocks * U),
          x_pack(q.pack),
          h_pack(q.pack + pack.x),
          hn_bias(h_pack + pack.h),
          late_pack(h_pack + pack.blocks * depth * HW),
          inputs(room(Room::kInputs, rows * x_row)),
          enter(room(Room::kEntering, rows * state_row)),
          kept(room(Room::kState, rows * state_row)),
          gates(room(Room::kGates, pack.blocks * block_row)),
          through(C::kLate ? room(Room::kThrough, rows * state_row) : nullptr),
          outputs(q.projected ? room(Room::kOutputs, rows * output_row) : nullptr),
          projected(q.projected ? room(Room::kProjected, rows * state_row) : nullptr),
          norm(about(), pack.blocks, rows,
               q.norm ? room(Room::kNormRows, rows * N::row_values(H)) : nullptr, q.pack + pack.norm) {}

    void run() {
        gather();
        if (norm.on())
            normalised_products();
        else if (rows == 1)
            lone_products();
        else
            products();
        for (int64_t b = 0; b < pack.blocks; ++b) gate_block(b);
        if constexpr (C::kSaves) {
            if (norm.on()) see_normalised();
            if (q.projected) project();
        }
    }

private:
    T* room(Room name, int64_t count) const {
        return static_cast<T*>(q.workspace(q.rooms, thread, name, size_t(count + 64) * sizeof(T)));
    }
    Call<T> about() const {
        Call<T> call{};
        call.hidden = H, call.eps = q.eps, call.gain_ih = q.norm ? q.pack : nullptr;
        return call;
    }
    void gather() {
        for (int64_t r = 0; r < rows; ++r) {
            const int64_t row = first + r;
            T *x = inputs + r * x_row, *h = enter + r * state_row, *state = kept + r * state_row;
            std::memcpy(x, q.x + row * q.input, size_t(q.input) * sizeof(T));
            x[q.input] = T(1);
            std::memcpy(h, q.h + row * depth, size_t(depth) * sizeof(T));
            for (int64_t u = depth; u < pack.blocks * U; ++u) h[u] = T(0);
            if (!C::kKeepsState) continue;
            std::memcpy(state, (C::kSaves ? q.c : q.h) + row * H, size_t(H) * sizeof(T));
            for (int64_t u = H; u < pack.blocks * U; ++u) state[u] = T(0);
        }
    }
    void let_through() {
        if constexpr (C::kLate)
            for (int64_t b = 0; b < pack.blocks; ++b)
                for (int64_t r = 0; r < rows; ++r) {
                    const int64_t place = r * state_row + b * U;
                    store(through + place,
                          C::reset(gates + b * block_row + r * W, load(enter + place)));
                }
    }
    void normalised_products() {
        for (int64_t b = 0; b < pack.blocks; ++b)
            product<T, S::XV, kZero>(rows, inputs, x_row, q.input, x_pack + b * (q.input + 1) * XW, XW,
                                     norm.x + b * rows * XW, XW);
        norm.input_rows(0, rows, gates, block_row, W);
        for (int64_t b = 0; b < pack.blocks; ++b)
            product<T, S::HV, kZero>(rows, enter, state_row, depth, h_pack + b * depth * HW, HW,
                                     norm.h + b * rows * HW, HW);
        norm.state_rows(0, rows, gates, block_row, W, hn_bias);
        if (!C::kLate) return;
        let_through();
        for (int64_t b = 0; b < pack.blocks; ++b)
            product<T, 1, kZero>(rows, through, state_row, H, late_pack + b * H * U, U,
                                 norm.c + b * rows * U, U);
        norm.late_rows(0, rows, gates, block_row, W);
    }
    void lone_products() {
        row_products<T, S::XV, kZero>(inputs, q.input + 1, x_pack, (q.input + 1) * XW, pack.blocks,
                                      gates + C::kX * U, W);
        for (int64_t b = 0; C::kHiddenBias && b < pack.blocks; ++b)
            store(gates + b * W + 3 * U, load(hn_bias + b * U));
        row_products<T, S::HV, kContinue>(enter, depth, h_pack, depth * HW, pack.blocks,
                                          gates + C::kH * U, W);
        if (!C::kLate) return;
        let_through();
        row_products<T, 1, kContinue>(through, H, late_pack, H * U, pack.blocks, gates, W);
    }
    void products() {
        for (int64_t b = 0; b < pack.blocks; ++b) {
            T* panel = gates + b * block_row;
            product<T, S::XV, kZero>(rows, inputs, x_row, q.input + 1,
                                     x_pack + b * (q.input + 1) * XW, XW, panel + C::kX * U, W);
            for (int64_t r = 0; C::kHiddenBias && r < rows; ++r)
                store(panel + r * W + 3 * U, load(hn_bias + b * U));
            product<T, S::HV, kContinue>(rows, enter, state_row, depth, h_pack + b * depth * HW, HW,
                                         panel + C::kH * U, W);
        }
        if (!C::kLate) return;
        let_through();
        for (int64_t b = 0; b < pack.blocks; ++b)
            product<T, 1, kContinue>(rows, through, state_row, H, late_pack + b * H * U, U,
                                     gates + b * block_row, W);
    }
    void gate_block(int64_t b) {
        const Vec<T> share_c = splat(q.rate_c);
        for (int64_t r = 0; r < rows; ++r)
#pragma GCC unroll 2
            for (int v = 0; v < C::kWide; ++v) {
                const int64_t unit = b * U + v * L;
                T* state = kept + r * state_row + unit;
                const Vec<T> before = C::kSaves ? load(state) : Vec<T>{};
                const Vec<T> h =
                    C::forward({gates + b * block_row + r * W + v * L, state, nullptr,
                                q.peephole ? q.pack + pack.peephole + unit : nullptr, pack.blocks * U});
                if constexpr (C::kSaves) {
                    Vec<T> c = load(state);
                    if (norm.on()) store(norm.c + (b * rows + r) * U, c);
                    if (q.rate_c != T(0)) c = blend<T>(c, before, share_c);
                    store_some(q.c_out + (first + r) * H + unit, c, H - unit);
                    if (norm.on()) continue;  // h waits for the whole row's c
                    if (q.projected) {        // or for the whole row
                        store(outputs + r * output_row + unit, h);
                        continue;
                    }
                }
                finish(r, unit, h);
            }
    }
    void finish(int64_t r, int64_t unit, Vec<T> h) {
        if (q.rate_h != T(0)) h = blend<T>(h, load(enter + r * state_row + unit), splat(q.rate_h));
        store_some(q.h_out + (first + r) * depth + unit, h, depth - unit);
    }
    void see_normalised() {
        norm.of_c.forward(norm.c, rows, norm.c_inverse);
        for (int64_t b = 0; b < pack.blocks; ++b)
            for (int64_t r = 0; r < rows; ++r) {
                const Vec<T> o = load(gates + b * block_row + r * W + C::kOut * U);
                const Vec<T> h = o * hyperbolic_tangent(norm.seen(b, r));
                if (q.projected)
                    store(outputs + r * output_row + b * U, h);
                else
                    finish(r, b * U, h);
            }
    }
    void project() {
        const int64_t blocks = (depth + L - 1) / L;
        const T* weights = q.pack + pack.projection;
        if (rows == 1) row_products<T, 1, kZero>(outputs, H, weights, H * L, blocks, projected, L);
        for (int64_t block = 0; block < blocks; ++block) {
            if (rows > 1)
                product<T, 1, kZero>(rows, outputs, output_row, H, weights + block * H * L, L,
                                     projected + block * L, state_row);
            for (int64_t r = 0; r < rows; ++r)
                finish(r, block * L, load(projected + r * state_row + block * L));
        }
    }
};

template <class T, class C>
void step_cell(const StepCall<T>& q) {
#pragma omp parallel for schedule(static, 1) num_threads(int(q.threads)) if (q.threads > 1)
    for (int64_t i = 0; i < q.threads; ++i) {
        const int64_t from = q.batch * i / q.threads, to = q.batch * (i + 1) / q.threads;
        if (to > from) StepShare<T, C>(q, int(i), from, to - from).run();
    }
}

}  // namespace OSTINATO_SET
