// One recurrence over a batch, forward and backward through time. Each thread owns a share of the
// sequences for all steps, so there is no barrier, and works through time in chunks that stay in
// its cache: one product for the chunk's inputs, then the steps, one after the other.
#pragma once
#include "layout.h"

namespace OSTINATO_SET {

template <class T, class C>
void forward_share(const Call<T>& q, int thread, const Member& member, const T* x_pack, const T* h_pack,
                   const T* hn_bias, const T* peephole, const T* norm_pack) {
    using S = Sizes<T, C>;
    constexpr int U = S::U, W = S::W, L = S::L;
    constexpr bool kTogether = S::HV < 4 && !C::kLate;  // a lone row's blocks, side by side
    const S z(q);
    const Share& p = q.shares[thread];
    const int64_t H = q.hidden, rows = p.count, total = p.offset[q.steps];
    int64_t most = 1;
    for (int64_t s = 0; s < q.steps && p.active[s] > 0; s = z.chunk_end(p, s, q.steps)) {
        const int64_t n = p.offset[z.chunk_end(p, s, q.steps)] - p.offset[s];
        most = n > most ? n : most;
    }
    constexpr int64_t even = 2 / C::kWide;
    const int64_t begin = member.begin(z.blocks, even), end = member.end(z.blocks, even);
    if (!member.first()) member.wait();  // the first makes room for all
    T* inputs = buffer(q, thread, Room::kInputs, most * z.x_row);
    T* entering[2] = {buffer(q, thread, Room::kEntering, rows * z.state_row),
                      buffer(q, thread, Room::kLeaving, rows * z.state_row)};
    T* state = buffer(q, thread, Room::kState, z.blocks * rows * U);
    T* gates = q.keep ? q.gates + p.first_row * z.blocks * W 
                      : buffer(q, thread, Room::kGates, most * z.blocks * W);
    T* cells = q.keep && C::kSaves ? q.cells + p.first_row * z.blocks * U : nullptr;
    const int64_t panel_rows = q.keep ? total : most;
    const Zone<T> zone_h(q.zoneout, q.zoneout_rate), zone_c(q.zoneout_cell, q.zoneout_cell_rate);
    T* through = C::kLate ? buffer(q, thread, Room::kThrough, rows * z.state_row) : nullptr;
    T* held = zone_h.on ? buffer(q, thread, Room::kHeld, rows * z.state_row) : nullptr;  // h without a mask
    using N = Norm<T, C>;
    T* normed = !q.gain_ih ? nullptr
                : q.keep   ? q.norm + p.first_row * N::row_values(H)
                           : buffer(q, thread, Room::kNormRows, most * N::row_values(H));
    const N norm(q, z.blocks, panel_rows, normed, norm_pack);
    if (member.first()) member.wait();

    auto start_row = [&](int64_t r, T* enter, const T* h0, const T* c0) {
        const int64_t row = p.rows[r];
        const T* initial = C::kSaves ? c0 : h0;
        for (int64_t u = begin * U; u < end * U; ++u) {
            const T h = h0 && u < H ? h0[row * H + u] : T(0);
            enter[r * z.state_row + u] = q.recurrent_mask && u < H ? h * q.recurrent_mask[row * H + u] : h;
            if (held) held[r * z.state_row + u] = h;
            if (C::kKeepsState)
                state[((u / U) * rows + r) * U + u % U] = initial && u < H ? initial[row * H + u] : T(0);
        }
    };
    auto end_row = [&](int64_t r, const T* h) {
        const int64_t row = p.rows[r];
        const int64_t past = end * U < H ? end * U : H;
        for (int64_t u = begin * U; u < past; ++u) q.h_n[row * H + u] = h ? h[u] : T(0);
        if (C::kSaves)
            for (int64_t u = begin * U; u < past; ++u) q.c_n[row * H + u] = state[((u / U) * rows + r) * U + u % U];
    };
    for (int64_t r = 0; r < rows; ++r) {
        const int64_t row = p.rows[r], length = q.lengths[row];
        start_row(r, entering[0], q.h0, q.c0);
        if (length == 0) end_row(r, q.h0 ? q.h0 + row * H : nullptr);
        if (!member.first()) continue;
        for (int64_t t = length; t < q.steps; ++t)
            std::memset(q.out + row * q.out_batch + t * q.out_step, 0, size_t(H) * sizeof(T));
        for (int64_t t = length; q.cell_sequence && t < q.steps; ++t)
            std::memset(q.cell_sequence + (row * q.steps + t) * H, 0, size_t(H) * sizeof(T));
    }
    int turn = 0;
    for (int64_t from = 0, to; from < q.steps && p.active[from] > 0; from = to) {
        to = z.chunk_end(p, from, q.steps);
        const int64_t chunk = p.offset[to] - p.offset[from];
        const int64_t base = q.keep ? p.offset[from] : 0;
        if (member.first()) gather_inputs(q, p, z, from, to, inputs);
        member.wait();
        for (int64_t block = begin; block < end; ++block) {
            const T* w = x_pack + block * (q.input + 1) * S::XV * L;
            if (norm.on()) {  // the biases, in the last row, come after the normalisation
                product<T, S::XV, kZero>(chunk, inputs, z.x_row, q.input, w, S::XV * L,
                                         norm.x + (block * norm.rows + base) * N::XW, N::XW);
                continue;
            }
            T* panel = gates + (block * panel_rows + base) * W;
            product<T, S::XV, kZero>(chunk, inputs, z.x_row, q.input + 1, w, S::XV * L,
                                     panel + C::kX * U, W);
            if (C::kHiddenBias)
                for (int64_t i = 0; i < chunk; ++i)
                    store(panel + i * W + 3 * U, load(hn_bias + block * U));
        }
        if (norm.on()) norm.input_rows(base, chunk, gates + base * W, panel_rows * W, W);
        for (int64_t s = from; s < to; ++s, turn ^= 1) {
            const int64_t n = p.active[s], at = base + p.offset[s] - p.offset[from];
            T *enter = entering[turn], *leave = entering[turn ^ 1];
            if (q.resets)
                for (int64_t r = 0; r < n; ++r)
                    if (resets_at(q, p.rows[r], s)) start_row(r, enter, q.h_reset, q.c_reset);
            if (q.resets) member.wait();
            // One vector of a row's new h: zoned out, written, and made ready to enter the next step.
            auto finish = [&](int64_t r, int64_t unit, T* kept, Vec<T> h) {
                const int64_t row = p.rows[r], left = H - unit, time = time_of(q, row, s);
                if (zone_h.on) {
                    T* old = held + r * z.state_row + unit;
                    const int64_t place = (row * q.steps + time) * H + unit;
                    h = zone_h.mix(h, load(old), place, left);
                    store(old, h);
                    if (C::kKeepsState && !C::kSaves) store(kept, h);
                }
                store_some(q.out + row * q.out_batch + time * q.out_step + unit, h, left);
                if (q.recurrent_mask) h *= load_some(q.recurrent_mask + row * H + unit, left);
                store(leave + r * z.state_row + unit, h);
            };
            if (norm.on()) {
                for (int64_t block = 0; block < z.blocks; ++block)
                    product<T, S::HV, kZero>(n, enter, z.state_row, H, h_pack + block * H * S::HV * L,
                                             S::HV * L, norm.h + (block * norm.rows + at) * N::HW,
                                             N::HW);
                norm.state_rows(at, n, gates + at * W, panel_rows * W, W, hn_bias);
            }
            if (n == 1 && kTogether && !norm.on())
                row_products<T, S::HV, kContinue>(enter, H, h_pack + begin * H * S::HV * L,
                                                  H * S::HV * L, end - begin,
                                                  gates + (begin * panel_rows + at) * W + C::kH * U,
                                                  panel_rows * W);
            if constexpr (C::kLate)
                for (int64_t block = begin; block < end; ++block) {
                    T* panel = gates + (block * panel_rows + at) * W;
                    product<T, S::HV, kContinue>(n, enter, z.state_row, H, h_pack + block * H * S::HV * L,
                                                 S::HV * L, panel + C::kH * U, W);
                    for (int64_t r = 0; r < n; ++r) {
                        const int64_t place = r * z.state_row + block * U;
                        store(through + place, C::reset(panel + r * W, load(enter + place)));
                    }
                }
            if (C::kLate) member.wait();
            for (int64_t block = begin; block < end; ++block) {
                T* panel = gates + (block * panel_rows + at) * W;
                if constexpr (C::kLate)
                    product<T, 1, kContinue>(n, through, z.state_row, H,
                                             h_pack + z.late_at(H) + block * H * U, U, panel, W);
                else if (!norm.on() && !(n == 1 && kTogether))
                    product<T, S::HV, kContinue>(n, enter, z.state_row, H,
                                                 h_pack + block * H * S::HV * L, S::HV * L,
                                                 panel + C::kH * U, W);
                for (int64_t r = 0; r < n; ++r)
#pragma GCC unroll 2
                    for (int v = 0; v < C::kWide; ++v) {
                        const int64_t unit = block * U + v * L;
                        T* kept = state + (block * rows + r) * U + v * L;
                        T* saved = cells ? cells + (block * total + p.offset[s] + r) * U + v * L : nullptr;
                        const Vec<T> before = C::kSaves && zone_c.on ? load(kept) : Vec<T>{};
                        Vec<T> h = C::forward({panel + r * W + v * L, kept, saved, nullptr,
                                               peephole ? peephole + unit : nullptr, z.blocks * U});
                        if constexpr (C::kSaves) {
                            if (norm.on())
                                store(norm.c + (block * norm.rows + at + r) * U, load(kept));
                            const int64_t row = p.rows[r];
                            const int64_t place = (row * q.steps + time_of(q, row, s)) * H + unit;
                            if (zone_c.on) {
                                store(kept, zone_c.mix(load(kept), before, place, H - unit));
                                if (saved) store(saved, load(kept));
                            }
                            if (q.cell_sequence)
                                store_some(q.cell_sequence + place, load(kept), H - unit);
                            if (norm.on()) continue;  // h waits for the whole row's c
                        }
                        finish(r, unit, kept, h);
                    }
            }
            if constexpr (C::kSaves)
                if (norm.on()) {
                    norm.of_c.forward(norm.c + at * U, n, norm.c_inverse + at);
                    for (int64_t block = 0; block < z.blocks; ++block)
                        for (int64_t r = 0; r < n; ++r) {
                            const T* gate = gates + (block * panel_rows + at + r) * W + C::kOut * U;
                            const Vec<T> seen = norm.seen(block, at + r);
                            finish(r, block * U, nullptr, load(gate) * hyperbolic_tangent(seen));
                        }
                }
            const int64_t going = s + 1 < q.steps ? p.active[s + 1] : 0;
            for (int64_t r = going; r < n; ++r) {
                const int64_t row = p.rows[r];
                end_row(r, q.out + row * q.out_batch + time_of(q, row, s) * q.out_step);
            }
            member.wait();
        }
    }
}

template <class T, class C>
void forward_cell(const Call<T>& q) {
    using S = Sizes<T, C>;
    const S z(q);
    T* x_pack = buffer(q, 0, Room::kInputWeights, z.blocks * (q.input + 1) * S::XV * S::L);
    T* h_pack = buffer(q, 0, Room::kStateWeights, z.state_values(q.hidden));
    T* hn_bias = buffer(q, 0, Room::kStateBias, z.blocks * S::U);
    pack_forward<T, C>(q, x_pack, h_pack, hn_bias);
    const T* peephole = pack_peephole(q, z.blocks * S::U, buffer(q, 0, Room::kPeepholes, 3 * z.blocks * S::U));
    const T* norm_pack = pack_norm<T, C>(q, z.blocks);
    auto share = [&](int thread, const Member& member) {
        forward_share<T, C>(q, thread, member, x_pack, h_pack, hn_bias, peephole, norm_pack);
    };
    run_team(q, share);
}

}  // namespace OSTINATO_SET
