// Backward through time, chunk by chunk from the last. The saved gates are overwritten by their
// gradients, and the same panel then feeds every product.
#pragma once
#include "recurrence.h"

namespace OSTINATO_SET {

// to[block][k][slot][unit] += sum over rows of a[row][k] * gates[row][slot, unit]. Each run of
// kSumRows starts from zero: ten times more accurate than one long sum, at no cost.
template <class T, class C, int Wide>
void weight_gradient(int64_t rows, const T* a, int64_t a_row, int64_t depth, const T* gates,
                     int64_t gates_row, int64_t block_stride, int64_t begin, int64_t end, T* to) {
    using S = Sizes<T, C>;
    constexpr int width = Wide * S::L;
    for (int64_t block = begin; block < end; ++block)
        for (int64_t run = 0; run < rows; run += kSumRows) {
            const int64_t count = rows - run < kSumRows ? rows - run : kSumRows;
            product<T, Wide, kAdd, true>(
                depth, a + run * a_row, a_row, count,
                gates + block * block_stride + run * gates_row, gates_row,
                to + block * depth * width, width);
        }
}

template <class T, class C>
struct BackPacks {
    const T *x, *h, *late;
    bool narrow_x, narrow_h;
};

template <class T, class C>
void backward_share(const Call<T>& q, int thread, const Member& member, const BackPacks<T, C>& w, T* x_sum, T* h_sum,
                    const T* peephole, T* peephole_sum, const T* norm_pack, T* norm_sum) {
    using S = Sizes<T, C>;
    constexpr int U = S::U, W = S::W, L = S::L;
    const S z(q);
    const Share& p = q.shares[thread];
    const int64_t H = q.hidden, rows = p.count, total = p.offset[q.steps];
    const int64_t depth_h = H + (C::kHiddenBias ? 1 : 0), prior_row = (depth_h + U + 7) / 8 * 8;
    const int64_t back_row = (q.input + 2 * L - 1) / (2 * L) * (2 * L);
    int64_t most = 1;
    for (int64_t s = 0; s < q.steps && p.active[s] > 0; s = z.chunk_end(p, s, q.steps)) {
        const int64_t n = p.offset[z.chunk_end(p, s, q.steps)] - p.offset[s];
        most = n > most ? n : most;
    }
    constexpr int64_t even = 2 / C::kWide;
    const int64_t begin = member.begin(z.blocks, even), end = member.end(z.blocks, even);
    const int64_t past = end * U < H ? end * U : H;
    if (!member.first()) member.wait();  // the first makes room for all
    T* inputs = buffer(q, thread, Room::kInputs, most * z.x_row);
    T* dh_rows = buffer(q, thread, Room::kGradState, rows * z.state_row);
    T* passed = buffer(q, thread, Room::kGradPassed, rows * z.state_row);
    T* dc = buffer(q, thread, Room::kGradCell, z.blocks * rows * U);
    T* priors = buffer(q, thread, Room::kPriors, most * prior_row);
    T* through = C::kLate ? buffer(q, thread, Room::kThroughPriors, most * prior_row) : nullptr;  // r times h, masked
    T* back = q.grad_x ? buffer(q, thread, Room::kGradInputs, most * back_row) : nullptr;
    T* start_c = C::kSaves ? buffer(q, thread, Room::kStartCell, 2 * z.blocks * rows * U) : nullptr;
    T* reset_c = start_c + (C::kSaves ? z.blocks * rows * U : 0);
    const Zone<T> zone_h(q.zoneout, q.zoneout_rate), zone_c(q.zoneout_cell, q.zoneout_cell_rate);
    const int64_t P = z.blocks * U;
    T* peephole_run = peephole_sum ? peephole_sum + 3 * P : nullptr;  // of one chunk
    using N = Norm<T, C>;
    T* normed = q.gain_ih ? q.norm + p.first_row * N::row_values(H) : nullptr;
    const N norm(q, z.blocks, total, normed, norm_pack);
    NormSums<T, C> sums(norm_sum + (norm.on() ? NormSums<T, C>::values(z.blocks) : 0), z.blocks);
    // With a normalised c: gradients of h and of what tanh saw, and that tanh, of one step.
    const bool two_passes = C::kSaves && norm.on();
    const int64_t states = two_passes ? z.blocks * rows * U : 0;
    T* d_h = buffer(q, thread, Room::kGradSeen, 3 * states);
    T *d_seen = d_h + states, *tanh_c = d_seen + states;
    if (member.first()) member.wait();
    T* gates = q.gates + p.first_row * z.blocks * W;
    const T* cells = C::kSaves ? q.cells + p.first_row * z.blocks * U : nullptr;

    for (int64_t r = 0; r < rows; ++r) {
        const int64_t row = p.rows[r];
        for (int64_t u = begin * U; u < end * U; ++u) {
            const int64_t at = ((u / U) * rows + r) * U + u % U;
            dh_rows[r * z.state_row + u] = q.grad_h_n && u < H ? q.grad_h_n[row * H + u] : T(0);
            if (C::kSaves) {
                dc[at] = q.grad_c_n && u < H ? q.grad_c_n[row * H + u] : T(0);
                start_c[at] = q.c0 && u < H ? q.c0[row * H + u] : T(0);
                reset_c[at] = q.c_reset && u < H ? q.c_reset[row * H + u] : T(0);
            }
        }
        if (!member.first()) continue;
        for (int64_t t = q.lengths[row]; q.grad_x && t < q.steps; ++t)
            std::memset(q.grad_x + (row * q.steps + t) * q.input, 0,
                        size_t(q.input) * sizeof(T));
        T* const into[] = {q.grad_h0, q.grad_c0, q.grad_h_reset, q.grad_c_reset};
        for (T* each : into)
            if (each) std::memset(each + row * H, 0, size_t(H) * sizeof(T));
    }
    // What reaches a sequence's beginning, or a reset, belongs to the states it began with.
    auto to_initial = [&](int64_t r, T* grad_h, T* grad_c) {
        const int64_t row = p.rows[r];
        for (int64_t u = begin * U; u < past; ++u) {
            if (grad_h) grad_h[row * H + u] += dh_rows[r * z.state_row + u];
            if (grad_c) grad_c[row * H + u] += dc[((u / U) * rows + r) * U + u % U];
        }
        for (int64_t u = begin * U; u < end * U; ++u) {
            dh_rows[r * z.state_row + u] = 0;
            if (C::kSaves) dc[((u / U) * rows + r) * U + u % U] = 0;
        }
    };

    // Units past the last may be NaN, and zero weights would not stop that.
    auto clear_padding = [&](T* gate, int64_t left) {
        for (int slot = 0; slot < C::kSlots; ++slot, gate += U)
            store(gate, real_lanes<T>(left) == T(1) ? load(gate) : Vec<T>{});
    };

    int64_t ends[2] = {0, 0};  // the chunk's steps; found again from the front each time
    int64_t last = 0;
    while (last < q.steps && p.active[last] > 0) ++last;
    for (ends[1] = last; ends[1] > 0; ends[1] = ends[0]) {
        for (int64_t s = 0; s < ends[1]; s = z.chunk_end(p, s, q.steps)) ends[0] = s;
        const int64_t from = ends[0], to = ends[1];
        const int64_t base = p.offset[from], chunk = p.offset[to] - base;
        for (int64_t gate = 0; peephole && gate < 3; ++gate)
            std::memset(peephole_run + gate * P + begin * U, 0, size_t((end - begin) * U) * sizeof(T));
        if (norm.on()) sums.clear(z.blocks);
        T* row_at = priors;
        for (int64_t s = from; s < to && member.first(); ++s)
            for (int64_t r = 0; r < p.active[s]; ++r, row_at += prior_row) {
                const int64_t row = p.rows[r];
                const bool reset = resets_at(q, row, s), first = s == 0 || reset;
                const T* start = reset ? q.h_reset : q.h0;
                if (s > 0 && r + kAhead < p.active[s]) {
                    const int64_t soon = p.rows[r + kAhead];
                    prefetch(q.out + soon * q.out_batch + time_of(q, soon, s - 1) * q.out_step, H);
                }
                const T* h = first ? (start ? start + row * H : nullptr)
                                   : q.out + row * q.out_batch + time_of(q, row, s - 1) * q.out_step;
                if (h)
                    std::memcpy(row_at, h, size_t(H) * sizeof(T));
                else
                    std::memset(row_at, 0, size_t(H) * sizeof(T));
                for (int64_t u = H; u < prior_row; ++u) row_at[u] = 0;
            }
        member.wait();
        for (int64_t s = to - 1; s >= from; --s) {
            const int64_t n = p.active[s], at = p.offset[s];
            if (two_passes) {
                for (int64_t block = 0; block < z.blocks; ++block)
                    for (int64_t r = 0; r < n; ++r) {
                        const int64_t row = p.rows[r], unit = block * U, left = H - unit;
                        const int64_t time = time_of(q, row, s), here = (block * rows + r) * U;
                        T* from = dh_rows + r * z.state_row + unit;
                        Vec<T> dh = load(from), kept{};
                        if (q.grad_out)
                            dh += load_some(q.grad_out + row * q.grad_out_batch + time * q.grad_out_step + unit,
                                            left);
                        if (zone_h.on)
                            kept = zone_h.take(dh, (row * q.steps + time) * H + unit, left);
                        const Vec<T> seen = hyperbolic_tangent(norm.seen(block, at + r));
                        const Vec<T> o = load(gates + (block * total + at + r) * W + C::kOut * U);
                        const Vec<T> d = dh * o * (T(1) - seen * seen);
                        store(from, kept);
                        store(d_h + here, dh);
                        store(tanh_c + here, seen);
                        store(d_seen + here, d);
                        store(sums.c_bias + unit, load(sums.c_bias + unit) + d);
                    }
                norm.of_c.backward(d_seen, rows * U, U, norm.c + at * U, n, norm.c_inverse + at,
                                   norm.c_gain, sums.c_gain);
            }
            for (int64_t block = begin; block < end; ++block)
                for (int64_t r = 0; r < n; ++r) {
                    const int64_t row = p.rows[r];
                    const bool reset = C::kSaves && resets_at(q, row, s);
                    const T* dout = q.grad_out ? q.grad_out + row * q.grad_out_batch +
                                                     time_of(q, row, s) * q.grad_out_step
                                               : nullptr;
                    if (dout && s > from && block == 0)
                        prefetch(dout + (q.reverse ? q.grad_out_step : -q.grad_out_step), H);
#pragma GCC unroll 2
                    for (int v = 0; v < C::kWide; ++v) {
                        const int64_t unit = block * U + v * L, left = H - unit;
                        const int64_t place = (row * q.steps + time_of(q, row, s)) * H + unit;
                        const int64_t here = (block * rows + r) * U + v * L;
                        Vec<T> dh = load(dh_rows + r * z.state_row + unit);
                        const T* prior = priors + (at - base + r) * prior_row + unit;
                        T* d_state = dc + here;
                        Vec<T> kept{}, kept_c{};  // what reaches the old states around the cell
                        if (two_passes) {
                            kept = dh;
                            dh = load(d_h + here);
                        } else {
                            if (dout) dh += load_some(dout + unit, left);
                            if (zone_h.on) kept = zone_h.take(dh, place, left);
                        }
                        if (C::kSaves) {
                            prior = reset    ? reset_c + (block * rows + r) * U
                                    : s == 0 ? start_c + (block * rows + r) * U
                                             : cells + (block * total + p.offset[s - 1] + r) * U;
                            Vec<T> d_c = load(d_state);
                            if (q.grad_cell_sequence)
                                d_c += load_some(q.grad_cell_sequence + place, left);
                            if (zone_c.on) kept_c = zone_c.take(d_c, place, left);
                            if (q.grad_cell_sequence || zone_c.on) store(d_state, d_c);
                        }
                        Vec<T> direct = C::backward(
                            {gates + (block * total + at + r) * W + v * L, d_state,
                             C::kSaves ? const_cast<T*>(cells) + (block * total + at + r) * U : nullptr,
                             prior, peephole ? peephole + unit : nullptr, P,
                             peephole ? peephole_run + unit : nullptr, zone_c.on,
                             two_passes ? tanh_c + here : nullptr,
                             two_passes ? norm.c + (block * total + at + r) * U : nullptr},
                            dh);
                        if (left < L) clear_padding(gates + (block * total + at + r) * W + v * L, left);
                        if (C::kSaves && zone_c.on) store(d_state, load(d_state) + kept_c);
                        const bool around = zone_h.on || two_passes;
                        store(dh_rows + r * z.state_row + unit, around ? direct + kept : direct);
                    }
                }
            member.wait();
            const auto back_to_state = w.narrow_h ? product_back<T, C, 1> : product_back<T, C, 2>;
            if constexpr (C::kLate) {
                back_to_state(n, gates + at * W, W, total * W, z.blocks, 1, w.late, H, passed,
                              z.state_row, false, member);
                for (int64_t block = begin; block < end; ++block)
                    for (int64_t r = 0; r < n; ++r) {
                        const int64_t unit = block * U, here = (at - base + r) * prior_row + unit;
                        T* gate = gates + (block * total + at + r) * W;
                        T* d = passed + r * z.state_row + unit;
                        Vec<T> entering = load(priors + here);
                        if (q.recurrent_mask) entering *= load_some(q.recurrent_mask + p.rows[r] * H + unit, H - unit);
                        store(through + here, load(gate + L) * entering);
                        store(d, C::reset_backward(gate, entering, load(d)));
                        if (H - unit < L) clear_padding(gate, H - unit);
                    }
                member.wait();
            }
            const T* to_state = gates + at * W + C::kH * U;
            int64_t state_row = W;
            if (norm.on()) {
                norm.of_h.backward(to_state, total * W, W, norm.h + at * N::HW, n,
                                   norm.h_inverse + at * N::G, norm.h_gain, sums.h_gain);
                to_state = norm.h + at * N::HW;
                state_row = N::HW;
            }
            back_to_state(n, to_state, state_row, total * state_row, z.blocks, C::kHSlots, w.h, H,
                          passed, z.state_row, C::kLate, member);
            for (int64_t r = 0; r < n; ++r) {
                T *dh = dh_rows + r * z.state_row, *d = passed + r * z.state_row;
                const T* mask = q.recurrent_mask ? q.recurrent_mask + p.rows[r] * H : nullptr;
                for (int64_t u = begin * U; u < past; u += L) {
                    Vec<T> v = load(d + u);
                    if (mask) v *= load_some(mask + u, H - u);
                    store(dh + u, load(dh + u) + v);
                }
                if (resets_at(q, p.rows[r], s)) to_initial(r, q.grad_h_reset, q.grad_c_reset);
            }
        }
        for (int64_t u = begin * U; peephole && u < end * U; ++u)
            for (int64_t at = u; at < 3 * P; at += P) peephole_sum[at] += peephole_run[at];
        if (member.first()) gather_inputs(q, p, z, from, to, inputs);
        const T *x_panel = gates + base * W + C::kX * U, *h_panel = gates + base * W + C::kH * U;
        int64_t x_wide = W, h_wide = W;
        if (norm.on()) {
            sums.add_biases(gates + base * W, total * W, z.blocks, chunk);
            norm.of_x.backward(x_panel, total * W, W, norm.x + base * N::XW, chunk,
                               norm.x_inverse + base * N::G, norm.x_gain, sums.x_gain);
            x_panel = norm.x + base * N::XW, h_panel = norm.h + base * N::HW;
            x_wide = N::XW, h_wide = N::HW;
            sums.add_to(norm_sum, z.blocks);
        }
        if (member.first() && (q.recurrent_mask || C::kHiddenBias)) {
            row_at = priors;
            for (int64_t s = from; s < to; ++s)
                for (int64_t r = 0; r < p.active[s]; ++r, row_at += prior_row) {
                    const T* mask = q.recurrent_mask ? q.recurrent_mask + p.rows[r] * H : nullptr;
                    for (int64_t u = 0; mask && u < H; ++u) row_at[u] *= mask[u];
                    if (C::kHiddenBias) row_at[H] = T(1);
                }
        }
        member.wait();
        weight_gradient<T, C, S::XV>(chunk, inputs, z.x_row, q.input + 1, x_panel, x_wide,
                                     total * x_wide, begin, end, x_sum);
        weight_gradient<T, C, S::HV>(chunk, priors, prior_row, depth_h, h_panel, h_wide,
                                     total * h_wide, begin, end, h_sum);
        if constexpr (C::kLate)
            weight_gradient<T, C, 1>(chunk, through, prior_row, H, gates + base * W, W, total * W,
                                     begin, end, h_sum + z.late_at(H));
        if (q.grad_x) {
            const auto back_to_x = w.narrow_x ? product_back<T, C, 1> : product_back<T, C, 2>;
            back_to_x(chunk, x_panel, x_wide, total * x_wide, z.blocks, C::kXSlots, w.x, q.input,
                      back, back_row, false, member);
        }
        member.wait();
        const T* each = back;
        for (int64_t s = from; s < to && q.grad_x && member.first(); ++s)
            for (int64_t r = 0; r < p.active[s]; ++r, each += back_row) {
                const int64_t row = p.rows[r];
                std::memcpy(q.grad_x + (row * q.steps + time_of(q, row, s)) * q.input, each,
                            size_t(q.input) * sizeof(T));
            }
    }
    for (int64_t r = 0; r < rows; ++r) to_initial(r, q.grad_h0, q.grad_c0);
}

// Threads' sums joined in their order, from [block][k][slot][unit] to torch's rows.
template <class T, class C>
void unpack_gradient(const Call<T>& q, T* const* sums, int64_t depth, int first, int slots, T* w,
                     int64_t inner, T* bias) {
    using S = Sizes<T, C>;
    const int64_t blocks = (q.hidden + S::U - 1) / S::U, width = int64_t(slots) * S::U;
    for (int64_t block = 0; block < blocks; ++block)
        for (int slot = 0; slot < slots; ++slot)
            for (int u = 0; u < S::U; ++u) {
                const int64_t unit = block * S::U + u;
                if (unit >= q.hidden) continue;
                const int64_t row = C::gate(first + slot) * q.hidden + unit;
                for (int64_t k = 0; k < depth; ++k) {
                    T sum = 0;
                    for (int64_t i = 0; i < q.threads; ++i)
                        sum += sums[i][(block * depth + k) * width + slot * S::U + u];
                    if (k < inner) {
                        if (w) w[row * inner + k] = sum;
                    } else if (bias) {
                        bias[row] = sum;
                    }
                }
            }
}

template <class T, class C>
void backward_cell(const Call<T>& q) {
    using S = Sizes<T, C>;
    const S z(q);
    const int64_t depth_h = q.hidden + (C::kHiddenBias ? 1 : 0);
    const int64_t wide = 2 * S::L;
    const int64_t x_outs = (q.input + wide - 1) / wide * wide, h_outs = (q.hidden + wide - 1) / wide * wide;
    const int64_t x_values = x_outs * z.blocks * C::kXSlots * S::U;
    const int64_t h_values = h_outs * z.blocks * C::kHSlots * S::U;
    const int64_t late_values = C::kLate ? h_outs * z.blocks * S::U : 0;
    T* x_pack = buffer(q, 0, Room::kBackWeights, x_values + h_values + late_values);
    T* h_pack = x_pack + x_values;
    BackPacks<T, C> packs{x_pack, h_pack, h_pack + h_values, q.input <= S::L, q.hidden <= S::L};
    if (q.grad_x) {
        if (packs.narrow_x)
            pack_backward<T, C, 1>(q.w_ih, q.hidden, q.input, C::kX, C::kXSlots, x_pack);
        else
            pack_backward<T, C, 2>(q.w_ih, q.hidden, q.input, C::kX, C::kXSlots, x_pack);
    }
    const auto pack_state = packs.narrow_h ? pack_backward<T, C, 1> : pack_backward<T, C, 2>;
    pack_state(q.w_hh, q.hidden, q.hidden, C::kH, C::kHSlots, h_pack);
    if (C::kLate) pack_state(q.w_hh, q.hidden, q.hidden, 0, 1, h_pack + h_values);
    const int64_t x_count = z.blocks * (q.input + 1) * C::kXSlots * S::U;
    const int64_t h_count = z.state_values(depth_h);
    const int64_t P = z.blocks * S::U;
    const T* peephole = pack_peephole(q, P, buffer(q, 0, Room::kPeepholes, 3 * P));
    const T* norm_pack = pack_norm<T, C>(q, z.blocks);
    const int64_t norm_values = norm_pack ? NormSums<T, C>::values(z.blocks) : 0;
    T *x_sums[kMostThreads], *h_sums[kMostThreads], *late_sums[kMostThreads];
    T *peephole_sums[kMostThreads], *norm_sums[kMostThreads];
    for (int64_t i = 0; i < q.threads; ++i) {
        norm_sums[i] = buffer(q, int(i), Room::kNormSums, 2 * norm_values);
        peephole_sums[i] = peephole ? buffer(q, int(i), Room::kPeepholeSums, 6 * P) : nullptr;
        x_sums[i] = buffer(q, int(i), Room::kInputSums, x_count);
        h_sums[i] = buffer(q, int(i), Room::kStateSums, h_count);
        late_sums[i] = h_sums[i] + z.late_at(depth_h);
    }
    for (int64_t i = 0; i < q.threads; ++i) {
        std::memset(x_sums[i], 0, size_t(x_count) * sizeof(T));
        std::memset(h_sums[i], 0, size_t(h_count) * sizeof(T));
        for (int64_t u = 0; peephole && u < 3 * P; ++u) peephole_sums[i][u] = T(0);
        std::memset(norm_sums[i], 0, size_t(norm_values) * sizeof(T));
    }
    run_team(q, [&](int i, const Member& member) {
        backward_share<T, C>(q, i, member, packs, x_sums[i], h_sums[i], peephole, peephole_sums[i],
                             norm_pack, norm_sums[i]);
    });
    for (int64_t k = 0; q.grad_peephole && k < 3 * q.hidden; ++k) {
        T sum = 0;
        for (int64_t i = 0; i < q.threads; ++i)
            sum += peephole_sums[i][k / q.hidden * P + k % q.hidden];
        q.grad_peephole[k] = sum;
    }
    // Both biases have one gradient but for GRU, whose b_hn waits inside the reset gate.
    T* bias = C::kHiddenBias || q.grad_b_ih ? q.grad_b_ih : q.grad_b_hh;
    unpack_gradient<T, C>(q, x_sums, q.input + 1, C::kX, C::kXSlots, q.grad_w_ih, q.input, bias);
    unpack_gradient<T, C>(q, h_sums, depth_h, C::kH, C::kHSlots, q.grad_w_hh, q.hidden,
                          C::kHiddenBias ? q.grad_b_hh : nullptr);
    if (C::kLate)
        unpack_gradient<T, C>(q, late_sums, depth_h, 0, 1, q.grad_w_hh, q.hidden, nullptr);
    if (norm_pack) NormSums<T, C>::unpack(q, z.blocks, norm_sums);
    if (!C::kHiddenBias && q.grad_b_hh && q.grad_b_ih)
        std::memcpy(q.grad_b_hh, q.grad_b_ih,
                    size_t(C::kXSlots) * size_t(q.hidden) * sizeof(T));
}

}  // namespace OSTINATO_SET
