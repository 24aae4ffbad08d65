// Backward through time, chunk by chunk from the last. What the forward pass saved is only read:
// gradients of gates go to a panel of one chunk, which stays in the cache and feeds every product.
#pragma once
#include <initializer_list>

#include "weights.h"

namespace OSTINATO_SET {

template <class T, class C>
class BackwardShare {
    using S = Sizes<T, C>;
    using N = Norm<T, C>;
    static constexpr int U = S::U, W = S::W, L = S::L;
    const Call<T>& q;
    const Share& p;
    const Member& member;
    const BackPacks<T>& w;
    const WeightSums<T>& to;
    const S z;
    const int64_t H, rows, total, most;
    const int64_t begin, end;       // blocks of units
    const int64_t units;            // of all blocks
    const int64_t prior_row, back_row;
    const bool apart;               // h's gradient is needed whole before the gates'
    T* inputs;                      // (most, x_row)
    T *dh_rows, *passed;            // (rows, state_row): h's gradient; what came through the products
    T *dc, *start_c, *reset_c;      // [block][row][unit]
    T *priors, *through;            // (most, prior_row): h before a step; as an early reset lets it
    T* back;                        // (most, back_row): x's gradient
    T* panel;                       // [block][row][slot][unit] of one chunk: the gates' gradients
    T *d_h, *d_outputs;             // (rows, state_row) each of one step: before and after W_hr
    T* d_projected;                 // (most, state_row)
    T *d_seen, *tanh_c;             // [block][row][unit] of one step
    const T *gates, *cells, *outputs;  // what was saved
    const Zone<T> zone_h, zone_c;
    const N saved_norm, norm;       // of the share, and a copy of the chunk's
    NormSums<T, C> sums;            // of the chunk

public:
    BackwardShare(const Call<T>& call, int thread, const Member& of, const BackPacks<T>& packs,
                  const WeightSums<T>& into)
        : q(call),
          p(call.shares[thread]),
          member(of),
          w(packs),
          to(into),
          z(call),
          H(call.hidden),
          rows(p.count),
          total(p.offset[call.steps]),
          most(z.most_rows(p, call.steps)),
          begin(member.begin(z.blocks, S::kEven)),
          end(member.end(z.blocks, S::kEven)),
          units(z.blocks * U),
          prior_row((z.depth + U + 7) / 8 * 8),
          back_row((q.input + 2 * L - 1) / (2 * L) * (2 * L)),
          apart(C::kSaves && (q.gain_ih || q.w_hr)),
          inputs(buffer(q, thread, Room::kInputs, most * z.x_row)),
          dh_rows(buffer(q, thread, Room::kGradState, rows * z.state_row)),
          passed(buffer(q, thread, Room::kGradPassed, rows * z.state_row)),
          dc(buffer(q, thread, Room::kGradCell, units * rows)),
          start_c(C::kSaves ? buffer(q, thread, Room::kStartCell, 2 * units * rows) : nullptr),
          reset_c(start_c + (C::kSaves ? units * rows : 0)),
          priors(buffer(q, thread, Room::kPriors, most * prior_row)),
          through(C::kLate ? buffer(q, thread, Room::kThroughPriors, most * prior_row) : nullptr),
          back(q.grad_x ? buffer(q, thread, Room::kGradInputs, most * back_row) : nullptr),
          panel(buffer(q, thread, Room::kGradGates, most * z.blocks * W)),
          d_h(apart ? buffer(q, thread, Room::kGradOut, rows * z.state_row) : nullptr),
          d_outputs(q.w_hr ? buffer(q, thread, Room::kGradOutputs, rows * z.state_row) : d_h),
          d_projected(q.w_hr ? buffer(q, thread, Room::kGradProjected, most * z.state_row) : nullptr),
          d_seen(apart ? buffer(q, thread, Room::kGradSeen, 2 * units * rows) : nullptr),
          tanh_c(d_seen + (apart ? units * rows : 0)),
          gates(q.gates ? q.gates + p.first_row * z.blocks * W : nullptr),
          cells(C::kSaves ? q.cells + p.first_row * units : nullptr),
          outputs(q.w_hr ? q.outputs + p.first_row * z.output_row : nullptr),
          zone_h(q.zoneout, q.zoneout_rate),
          zone_c(q.zoneout_cell, q.zoneout_cell_rate),
          saved_norm(q, z.blocks, total,
                     q.gain_ih ? q.norm + p.first_row * N::row_values(H) : nullptr, packs.norm),
          norm(q, z.blocks, most,
               q.gain_ih ? buffer(q, thread, Room::kNormRows, most * N::row_values(H)) : nullptr,
               packs.norm),
          sums(into.norm_run, z.blocks) {}

    void run() {
        begin_sequences();
        int64_t past = 0;  // the chunk's steps are found again from the front each time
        while (past < q.steps && p.active[past] > 0) ++past;
        for (int64_t from = 0; past > 0; past = from) {
            for (int64_t s = 0; s < past; s = z.chunk_end(p, s, q.steps)) from = s;
            const Chunk chunk{from, past, p.offset[from], p.offset[past] - p.offset[from]};
            begin_chunk(chunk);
            for (int64_t s = past - 1; s >= from; --s) step(s, chunk);
            end_chunk(chunk);
        }
        for (int64_t r = 0; r < rows; ++r) to_beginning(r, q.grad_h0, q.grad_c0);
    }

private:
    // Gradients of the final states, and zeros where something will be added or nothing comes.
    void begin_sequences() {
        const int64_t past = end * U < H ? end * U : H;
        for (int64_t r = 0; r < rows; ++r) {
            const int64_t row = p.rows[r];
            for (int64_t u = begin * U; u < z.state_end(end); ++u)
                dh_rows[r * z.state_row + u] =
                    q.grad_h_n && u < z.state ? q.grad_h_n[row * z.state + u] : T(0);
            for (int64_t u = begin * U; C::kSaves && u < end * U; ++u) {
                const int64_t at = ((u / U) * rows + r) * U + u % U;
                dc[at] = q.grad_c_n && u < H ? q.grad_c_n[row * H + u] : T(0);
                start_c[at] = q.c0 && u < H ? q.c0[row * H + u] : T(0);
                reset_c[at] = q.c_reset && u < H ? q.c_reset[row * H + u] : T(0);
            }
            // Everyone its own units: a sequence of no step is over before anyone was waited for.
            for (T* each : {q.grad_h0, q.grad_h_reset})
                for (int64_t u = begin * U; each && u < z.state_past(end); ++u)
                    each[row * z.state + u] = T(0);
            for (T* each : {q.grad_c0, q.grad_c_reset})
                for (int64_t u = begin * U; each && u < past; ++u) each[row * H + u] = T(0);
            for (int64_t t = q.lengths[row]; member.first() && q.grad_x && t < q.steps; ++t)
                std::memset(q.grad_x + (row * q.steps + t) * q.input, 0, size_t(q.input) * sizeof(T));
        }
    }
    // What reaches a sequence's beginning, or a reset, belongs to the states it began with.
    void to_beginning(int64_t r, T* grad_h, T* grad_c) {
        const int64_t row = p.rows[r], past = end * U < H ? end * U : H;
        for (int64_t u = begin * U; grad_h && u < z.state_past(end); ++u)
            grad_h[row * z.state + u] += dh_rows[r * z.state_row + u];
        for (int64_t u = begin * U; grad_c && u < past; ++u)
            grad_c[row * H + u] += dc[((u / U) * rows + r) * U + u % U];
        for (int64_t u = begin * U; u < z.state_end(end); ++u) dh_rows[r * z.state_row + u] = 0;
        for (int64_t u = begin * U; C::kSaves && u < end * U; ++u)
            dc[((u / U) * rows + r) * U + u % U] = 0;
    }

    // Clears the chunk's sums and gathers h before each of its steps, without the mask.
    void begin_chunk(const Chunk& chunk) {
        for (int64_t gate = 0; w.peephole && gate < 3; ++gate)
            std::memset(to.peephole_run + gate * units + begin * U, 0,
                        size_t((end - begin) * U) * sizeof(T));
        if (norm.on()) {
            sums.clear(z.blocks);
            norm.copy(saved_norm, chunk.first, chunk.rows);
        }
        T* row_at = priors;
        for (int64_t s = chunk.from; s < chunk.to && member.first(); ++s)
            for (int64_t r = 0; r < p.active[s]; ++r, row_at += prior_row) {
                const int64_t row = p.rows[r];
                const bool reset = resets_at(q, row, s), first = s == 0 || reset;
                const T* start = reset ? q.h_reset : q.h0;
                if (s > 0 && r + kAhead < p.active[s]) {
                    const int64_t soon = p.rows[r + kAhead];
                    prefetch(q.out + soon * q.out_batch + time_of(q, soon, s - 1) * q.out_step, z.state);
                }
                const T* h = first ? (start ? start + row * z.state : nullptr)
                                   : q.out + row * q.out_batch + time_of(q, row, s - 1) * q.out_step;
                if (h)
                    std::memcpy(row_at, h, size_t(z.state) * sizeof(T));
                else
                    std::memset(row_at, 0, size_t(z.state) * sizeof(T));
                for (int64_t u = z.state; u < prior_row; ++u) row_at[u] = 0;
            }
        member.wait();
    }

    void step(int64_t s, const Chunk& chunk) {
        const int64_t n = p.active[s], at = p.offset[s] - chunk.first;
        if constexpr (C::kSaves)
            if (apart) outputs_gradient(s, n, at, p.offset[s]);
        gates_gradient(s, n, at, chunk);
        member.wait();
        if constexpr (C::kLate) late_gradient(n, at, p.offset[s]);
        state_gradient(s, n, at);
    }

    // LSTM's gradient of its outputs, for a step whose h was projected or whose c was normalised.
    void outputs_gradient(int64_t s, int64_t n, int64_t at, int64_t saved) {
        for (int64_t r = 0; r < n; ++r) {
            const int64_t row = p.rows[r], time = time_of(q, row, s);
            for (int64_t unit = 0; unit < z.state; unit += L) {
                const int64_t left = z.state - unit;
                T* from = dh_rows + r * z.state_row + unit;
                Vec<T> dh = load(from), kept{};
                if (q.grad_out)
                    dh += load_some(
                        q.grad_out + row * q.grad_out_batch + time * q.grad_out_step + unit, left);
                if (zone_h.on) kept = zone_h.take(dh, (row * q.steps + time) * z.state + unit, left);
                store(from, kept);
                store(d_h + r * z.state_row + unit, dh);
                if (q.w_hr) store(d_projected + (at + r) * z.state_row + unit, dh);
            }
        }
        for (int64_t block = 0; q.w_hr && block < z.blocks; ++block)
            product<T, 1, kZero>(n, d_h, z.state_row, z.state, w.projection + block * z.state * L, L,
                                 d_outputs + block * L, z.state_row);
        if (!norm.on()) return;
        for (int64_t block = 0; block < z.blocks; ++block)
            for (int64_t r = 0; r < n; ++r) {
                const int64_t unit = block * U, here = (block * rows + r) * U;
                const Vec<T> dh = load(d_outputs + r * z.state_row + unit);
                const Vec<T> seen = hyperbolic_tangent(norm.seen(block, at + r));
                const Vec<T> o = load(gates + (block * total + saved + r) * W + C::kOut * U);
                const Vec<T> d = dh * o * (T(1) - seen * seen);
                store(tanh_c + here, seen);
                store(d_seen + here, d);
                store(sums.c_bias + unit, load(sums.c_bias + unit) + d);
            }
        norm.of_c.backward(d_seen, rows * U, U, norm.c + at * U, n, norm.c_inverse + at, norm.c_gain,
                           sums.c_gain);
    }

    // The gates' gradients of a step, and what reaches the old states around the products.
    void gates_gradient(int64_t s, int64_t n, int64_t at, const Chunk& chunk) {
        const int64_t saved = chunk.first + at;  // the step's first row of all the share's
        for (int64_t block = begin; block < end; ++block)
            for (int64_t r = 0; r < n; ++r) {
                const int64_t row = p.rows[r], time = time_of(q, row, s);
                const bool reset = C::kSaves && resets_at(q, row, s);
                const T* dout =
                    q.grad_out ? q.grad_out + row * q.grad_out_batch + time * q.grad_out_step : nullptr;
                if (dout && s > chunk.from && block == 0)
                    prefetch(dout + (q.reverse ? q.grad_out_step : -q.grad_out_step), z.state);
#pragma GCC unroll 2
                for (int v = 0; v < C::kWide; ++v) {
                    const int64_t unit = block * U + v * L, left = H - unit;
                    const int64_t place = (row * q.steps + time) * H + unit;
                    const int64_t here = (block * rows + r) * U + v * L;
                    T* around = dh_rows + r * z.state_row + unit;
                    Vec<T> dh{}, kept{};  // kept: what reaches the old h by zoneout
                    if (apart) {
                        dh = load(d_outputs + r * z.state_row + unit);
                    } else {
                        dh = load(around);
                        if (dout) dh += load_some(dout + unit, left);
                        if (zone_h.on) kept = zone_h.take(dh, place, left);
                    }
                    T* d_gates = panel + (block * most + at + r) * W + v * L;
                    Back<T> u{nullptr, d_gates};
                    T shown[L];  // an RNN's gate is its output
                    if (gates) {
                        u.gates = gates + (block * total + saved + r) * W + v * L;
                    } else {
                        store(shown, load_some(q.out + row * q.out_batch + time * q.out_step + unit, left));
                        u.gates = shown;
                    }
                    u.prior = priors + (at + r) * prior_row + unit;
                    if constexpr (C::kSaves) {
                        u.d_state = dc + here;
                        u.prior = reset    ? reset_c + here
                                  : s == 0 ? start_c + here
                                           : cells + (block * total + p.offset[s - 1] + r) * U;
                        u.saved = cells + (block * total + saved + r) * U;
                        u.peephole = w.peephole ? w.peephole + unit : nullptr;
                        u.peephole_row = units;
                        u.grad_peephole = w.peephole ? to.peephole_run + unit : nullptr;
                        u.zoned = zone_c.on;
                        u.seen = norm.on() ? tanh_c + here : nullptr;
                        u.d_seen = norm.on() ? norm.c + (block * norm.rows + at + r) * U : nullptr;
                    }
                    const Vec<T> kept_c = cell_gradient(u, place, left);
                    const Vec<T> direct = C::backward(u, dh);
                    if (left < L && norm.on()) clear_padding<T, C>(d_gates, left);
                    if (C::kSaves && zone_c.on) store(u.d_state, load(u.d_state) + kept_c);
                    if (!apart) store(around, zone_h.on ? direct + kept : direct);
                }
            }
    }
    // Adds c's own gradient; returns what reaches the old c by zoneout.
    OSTINATO_INLINE Vec<T> cell_gradient(const Back<T>& u, int64_t place, int64_t left) {
        Vec<T> kept{};
        if constexpr (C::kSaves) {
            Vec<T> d = load(u.d_state);
            if (q.grad_cell_sequence) d += load_some(q.grad_cell_sequence + place, left);
            if (zone_c.on) kept = zone_c.take(d, place, left);
            if (q.grad_cell_sequence || zone_c.on) store(u.d_state, d);
        }
        return kept;
    }
    // Through an early reset gate: to r, and to the state that it let through.
    void late_gradient(int64_t n, int64_t at, int64_t saved) {
        const T* d_product = panel + at * W;
        int64_t row_stride = W;
        if (norm.on()) {
            norm.of_c.backward(d_product, most * W, W, norm.c + at * U, n, norm.c_inverse + at,
                               norm.c_gain, sums.c_gain);
            d_product = norm.c + at * U, row_stride = U;
        }
        const auto back_to_state = w.narrow_h ? product_back<T, C, 1> : product_back<T, C, 2>;
        back_to_state(n, d_product, row_stride, most * row_stride, H, 1, w.late, H, passed,
                      z.state_row, false, member);
        for (int64_t block = begin; block < end; ++block)
            for (int64_t r = 0; r < n; ++r) {
                const int64_t unit = block * U, here = (at + r) * prior_row + unit;
                const T* gate = gates + (block * total + saved + r) * W;
                T* d_gate = panel + (block * most + at + r) * W;
                T* d = passed + r * z.state_row + unit;
                Vec<T> entering = load(priors + here);
                if (q.recurrent_mask)
                    entering *= load_some(q.recurrent_mask + p.rows[r] * H + unit, H - unit);
                store(through + here, load(gate + L) * entering);
                store(d, C::reset_backward(gate, d_gate, entering, load(d)));
                if (H - unit < L && norm.on()) clear_padding<T, C>(d_gate, H - unit);
            }
        member.wait();
    }

    // Through the recurrent product to the state before.
    void state_gradient(int64_t s, int64_t n, int64_t at) {
        const T* d_product = panel + at * W + C::kH * U;
        int64_t row_stride = W;
        if (norm.on()) {
            norm.of_h.backward(d_product, most * W, W, norm.h + at * N::HW, n,
                               norm.h_inverse + at * N::HG, norm.h_gain, sums.h_gain);
            d_product = norm.h + at * N::HW, row_stride = N::HW;
        }
        const auto back_to_state = w.narrow_h ? product_back<T, C, 1> : product_back<T, C, 2>;
        back_to_state(n, d_product, row_stride, most * row_stride, H, C::kHSlots, w.h, z.state, passed,
                      z.state_row, C::kLate, member);
        for (int64_t r = 0; r < n; ++r) {
            T *dh = dh_rows + r * z.state_row, *d = passed + r * z.state_row;
            const T* mask = q.recurrent_mask ? q.recurrent_mask + p.rows[r] * z.state : nullptr;
            for (int64_t u = begin * U; u < z.state_past(end); u += L) {
                Vec<T> v = load(d + u);
                if (mask) v *= load_some(mask + u, z.state - u);
                store(dh + u, load(dh + u) + v);
            }
            if (resets_at(q, p.rows[r], s)) to_beginning(r, q.grad_h_reset, q.grad_c_reset);
        }
    }

    // The chunk's part of every weight's gradient, and the gradient of its inputs.
    void end_chunk(const Chunk& chunk) {
        for (int64_t u = begin * U; w.peephole && u < end * U; ++u)
            for (int64_t at = u; at < 3 * units; at += units) to.peephole[at] += to.peephole_run[at];
        if (member.first()) gather_inputs(q, p, z, chunk.from, chunk.to, inputs);
        const T *x_panel = panel + C::kX * U, *h_panel = panel + C::kH * U, *late_panel = panel;
        int64_t x_wide = W, h_wide = W, late_wide = W;
        if (norm.on()) {
            sums.add_biases(panel, most * W, z.blocks, chunk.rows);
            norm.of_x.backward(x_panel, most * W, W, norm.x, chunk.rows, norm.x_inverse, norm.x_gain,
                               sums.x_gain);
            x_panel = norm.x, h_panel = norm.h, late_panel = norm.c;
            x_wide = N::XW, h_wide = N::HW, late_wide = U;
            sums.add_to(to.norm, z.blocks);
        }
        if (member.first() && (q.recurrent_mask || C::kHiddenBias)) finish_priors(chunk);
        member.wait();
        weight_gradient<T, C, S::XV>(chunk.rows, inputs, z.x_row, q.input + 1, x_panel, x_wide,
                                     most * x_wide, begin, end, to.x);
        weight_gradient<T, C, S::HV>(chunk.rows, priors, prior_row, z.depth, h_panel, h_wide,
                                     most * h_wide, begin, end, to.h);
        if constexpr (C::kLate)
            weight_gradient<T, C, 1>(chunk.rows, through, prior_row, H, late_panel, late_wide,
                                     most * late_wide, begin, end, to.late);
        if (q.w_hr)
            weight_gradient<T, C, 1>(chunk.rows, d_projected, z.state_row, z.state,
                                     outputs + chunk.first * z.output_row, z.output_row, U, 0, z.blocks,
                                     to.projection);
        if (q.grad_x) {
            const auto back_to_x = w.narrow_x ? product_back<T, C, 1> : product_back<T, C, 2>;
            back_to_x(chunk.rows, x_panel, x_wide, most * x_wide, H, C::kXSlots, w.x, q.input,
                      back, back_row, false, member);
        }
        member.wait();
        if (q.grad_x && member.first()) scatter_inputs(q, p, chunk.from, chunk.to, back, back_row);
    }
    // h as it entered the product: masked, and with the 1 that GRU's own bias multiplies.
    void finish_priors(const Chunk& chunk) {
        T* row_at = priors;
        for (int64_t s = chunk.from; s < chunk.to; ++s)
            for (int64_t r = 0; r < p.active[s]; ++r, row_at += prior_row) {
                const T* mask = q.recurrent_mask ? q.recurrent_mask + p.rows[r] * z.state : nullptr;
                for (int64_t u = 0; mask && u < z.state; ++u) row_at[u] *= mask[u];
                if (C::kHiddenBias) row_at[z.state] = T(1);
            }
    }
};

template <class T, class C>
void backward_cell(const Call<T>& q) {
    BackPacks<T> packs{};
    WeightSums<T> sums[kMostThreads];
    auto prepare = [&] { packs = pack_all_backward<T, C>(q); };
    run_team(q, prepare, [&](int thread, const Member& member) {
        if (!member.first()) member.wait();  // the first makes room for all
        if (member.first()) sums[thread] = empty_sums<T, C>(q, thread);
        BackwardShare<T, C> share(q, thread, member, packs, sums[thread]);
        if (member.first()) member.wait();
        share.run();
    });
    join_sums<T, C>(q, sums);
}

}  // namespace OSTINATO_SET
