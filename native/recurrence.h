// One recurrence over a batch, forward in time. Each thread owns a share of the sequences for all
// steps, so there is no barrier, and works through time in chunks that stay in its cache: one product
// for the chunk's inputs, then the steps, one after the other.
#pragma once
#include "layout.h"

namespace OSTINATO_SET {

template <class T>
struct ForwardPacks {
    const T *x, *h, *late;     // weights, as pack_forward lays them out
    const T* hn_bias;          // (units,)
    const T* peephole;         // (3, units), or null
    const T* norm;             // as Norm::pack lays them out, or null
    const T* projection;       // as pack_projection lays it out, or null
};

// A thread's share of the sequences, or one member's part of its units.
//
// Panels are [block][row][slot][unit]; a row is one sequence at one step, rows of a step follow one
// another, and so do the steps of a chunk.
template <class T, class C>
class ForwardShare {
    using S = Sizes<T, C>;
    using N = Norm<T, C>;
    static constexpr int U = S::U, W = S::W, L = S::L, XW = S::XV * L, HW = S::HV * L;
    static constexpr bool kTogether = S::HV < 4 && !C::kLate;  // a lone row's blocks, side by side
    const Call<T>& q;
    const Share& p;
    const Member& member;
    const ForwardPacks<T>& w;
    const S z;
    const int64_t H, rows, total, most;
    const int64_t begin, end;        // blocks of units
    const bool saves_gates;
    const int64_t panel_rows;
    T *inputs, *entering[2];         // (most, x_row), (rows, state_row) each
    T* state;                        // [block][row][unit]
    T *gates, *cells;                // panel; [block][row of all][unit], or null
    T* outputs;                      // (rows to project, output_row), or null
    T* projected;                    // (rows, state_row)
    T *through, *held;               // (rows, state_row) each, or null
    const Zone<T> zone_h, zone_c;
    const N norm;

public:
    ForwardShare(const Call<T>& call, int thread, const Member& of, const ForwardPacks<T>& packs)
        : q(call),
          p(call.shares[thread]),
          member(of),
          w(packs),
          z(call),
          H(call.hidden),
          rows(p.count),
          total(p.offset[call.steps]),
          most(z.most_rows(p, call.steps)),
          begin(member.begin(z.blocks, S::kEven)),
          end(member.end(z.blocks, S::kEven)),
          saves_gates(call.keep && (C::kKeepsState || call.zoned())),
          panel_rows(saves_gates ? total : most),
          inputs(buffer(q, thread, Room::kInputs, most * z.x_row)),
          entering{buffer(q, thread, Room::kEntering, rows * z.state_row),
                   buffer(q, thread, Room::kLeaving, rows * z.state_row)},
          state(buffer(q, thread, Room::kState, z.blocks * rows * U)),
          gates(saves_gates ? q.gates + p.first_row * z.blocks * W
                            : buffer(q, thread, Room::kGates, most * z.blocks * W)),
          cells(q.keep && C::kSaves ? q.cells + p.first_row * z.blocks * U : nullptr),
          outputs(!q.w_hr  ? nullptr
                  : q.keep ? q.outputs + p.first_row * z.output_row
                           : buffer(q, thread, Room::kOutputs, most * z.output_row)),
          projected(q.w_hr ? buffer(q, thread, Room::kProjected, rows * z.state_row) : nullptr),
          through(C::kLate ? buffer(q, thread, Room::kThrough, rows * z.state_row) : nullptr),
          held(call.zoned() ? buffer(q, thread, Room::kHeld, rows * z.state_row) : nullptr),
          zone_h(q.zoneout, q.zoneout_rate),
          zone_c(q.zoneout_cell, q.zoneout_cell_rate),
          norm(q, z.blocks, q.keep ? total : most,
               !q.gain_ih ? nullptr
               : q.keep   ? q.norm + p.first_row * N::row_values(H)
                          : buffer(q, thread, Room::kNormRows, most * N::row_values(H)),
               packs.norm) {}

    void run() {
        begin_sequences();
        int turn = 0;
        for (int64_t from = 0, to; from < q.steps && p.active[from] > 0; from = to) {
            to = z.chunk_end(p, from, q.steps);
            const int64_t first = q.keep ? p.offset[from] : 0;  // the chunk's first row
            input_products(from, to, first);
            for (int64_t s = from; s < to; ++s, turn ^= 1)
                step(s, first + p.offset[s] - p.offset[from], entering[turn], entering[turn ^ 1]);
        }
    }

private:
    // Rows of the panel of gates begin anew with each chunk where they are not saved.
    T* panel(int64_t block, int64_t at) const {
        return gates + (block * panel_rows + (saves_gates || !q.keep ? at : at - chunk_first)) * W;
    }
    int64_t chunk_first = 0;

    // A sequence's states, or what a reset returns to: h0 is (B, state), c0 (B, H).
    void start_row(int64_t r, T* enter, const T* h0, const T* c0) {
        const int64_t row = p.rows[r], units = z.state;
        const T* initial = C::kSaves ? c0 : h0;
        for (int64_t u = begin * U; u < z.state_end(end); ++u) {
            const T h = h0 && u < units ? h0[row * units + u] : T(0);
            enter[r * z.state_row + u] =
                q.recurrent_mask && u < units ? h * q.recurrent_mask[row * units + u] : h;
            if (held) held[r * z.state_row + u] = h;
        }
        if (!C::kKeepsState) return;
        for (int64_t u = begin * U; u < end * U; ++u)
            state[((u / U) * rows + r) * U + u % U] = initial && u < H ? initial[row * H + u] : T(0);
    }
    // The final states; h is (state,), or null for zeros.
    void end_row(int64_t r, const T* h) {
        const int64_t row = p.rows[r], past = end * U < H ? end * U : H;
        for (int64_t u = begin * U; u < z.state_past(end); ++u)
            q.h_n[row * z.state + u] = h ? h[u] : T(0);
        for (int64_t u = begin * U; C::kSaves && u < past; ++u)
            q.c_n[row * H + u] = state[((u / U) * rows + r) * U + u % U];
    }
    // First states, sequences of no step, zeros behind each sequence's end.
    void begin_sequences() {
        for (int64_t r = 0; r < rows; ++r) {
            const int64_t row = p.rows[r], length = q.lengths[row];
            start_row(r, entering[0], q.h0, q.c0);
            if (length == 0) end_row(r, q.h0 ? q.h0 + row * z.state : nullptr);
            if (!member.first()) continue;
            for (int64_t t = length; t < q.steps; ++t)
                std::memset(q.out + row * q.out_batch + t * q.out_step, 0, size_t(z.state) * sizeof(T));
            for (int64_t t = length; q.cell_sequence && t < q.steps; ++t)
                std::memset(q.cell_sequence + (row * q.steps + t) * H, 0, size_t(H) * sizeof(T));
        }
    }

    // The products of a chunk's inputs, with the biases, into the panel.
    void input_products(int64_t from, int64_t to, int64_t first) {
        const int64_t chunk = p.offset[to] - p.offset[from];
        chunk_first = first;
        if (member.first()) gather_inputs(q, p, z, from, to, inputs);
        member.wait();
        for (int64_t block = begin; block < end; ++block) {
            const T* weights = w.x + block * (q.input + 1) * XW;
            if (norm.on()) {  // the biases, in the last row, come after the normalisation
                product<T, S::XV, kZero>(chunk, inputs, z.x_row, q.input, weights, XW,
                                         norm.x + (block * norm.rows + first) * N::XW, N::XW);
                continue;
            }
            T* rows_of_block = panel(block, first);
            product<T, S::XV, kZero>(chunk, inputs, z.x_row, q.input + 1, weights, XW,
                                     rows_of_block + C::kX * U, W);
            for (int64_t i = 0; C::kHiddenBias && i < chunk; ++i)
                store(rows_of_block + i * W + 3 * U, load(w.hn_bias + block * U));
        }
        if (norm.on()) norm.input_rows(first, chunk, panel(0, first), panel_rows * W, W);
    }

    // Step s of all that reach it; its rows begin at `at`.
    void step(int64_t s, int64_t at, T* enter, T* leave) {
        const int64_t n = p.active[s];
        if (q.resets) {
            for (int64_t r = 0; r < n; ++r)
                if (resets_at(q, p.rows[r], s)) start_row(r, enter, q.h_reset, q.c_reset);
            member.wait();
        }
        if (norm.on()) normalised_product(n, at, enter);
        if (n == 1 && kTogether && !norm.on())
            row_products<T, S::HV, kContinue>(enter, z.state, w.h + begin * z.state * HW,
                                              z.state * HW, end - begin, panel(begin, at) + C::kH * U,
                                              panel_rows * W);
        if constexpr (C::kLate) let_through(n, at, enter);
        for (int64_t block = begin; block < end; ++block) {
            if constexpr (C::kLate)
                late_product(n, at, block);
            else if (!norm.on() && !(n == 1 && kTogether))
                product<T, S::HV, kContinue>(n, enter, z.state_row, z.state, w.h + block * z.state * HW, HW,
                                             panel(block, at) + C::kH * U, W);
            if (C::kLate && norm.on()) continue;  // n waits for the whole row's late product
            gate_block(s, n, at, block, leave);
        }
        if constexpr (C::kLate)
            if (norm.on()) {
                norm.late_rows(at, n, panel(0, at), panel_rows * W, W);
                for (int64_t block = begin; block < end; ++block) gate_block(s, n, at, block, leave);
            }
        if constexpr (C::kSaves) {
            if (norm.on()) see_normalised(s, n, at, leave);
            if (q.w_hr) project(s, n, at, leave);
        }
        const int64_t going = s + 1 < q.steps ? p.active[s + 1] : 0;
        for (int64_t r = going; r < n; ++r) {
            const int64_t row = p.rows[r];
            end_row(r, q.out + row * q.out_batch + time_of(q, row, s) * q.out_step);
        }
        member.wait();
    }

    void normalised_product(int64_t n, int64_t at, const T* enter) {
        for (int64_t block = 0; block < z.blocks; ++block)
            product<T, S::HV, kZero>(n, enter, z.state_row, z.state, w.h + block * z.state * HW, HW,
                                     norm.h + (block * norm.rows + at) * N::HW, N::HW);
        norm.state_rows(at, n, panel(0, at), panel_rows * W, W, w.hn_bias);
    }

    // An early reset gate: its own product first, then h as it lets it through.
    void let_through(int64_t n, int64_t at, const T* enter) {
        for (int64_t block = begin; block < end; ++block) {
            T* rows_of_block = panel(block, at);
            if (!norm.on())
                product<T, S::HV, kContinue>(n, enter, z.state_row, H, w.h + block * H * HW, HW,
                                             rows_of_block + C::kH * U, W);
            for (int64_t r = 0; r < n; ++r) {
                const int64_t place = r * z.state_row + block * U;
                store(through + place, C::reset(rows_of_block + r * W, load(enter + place)));
            }
        }
        member.wait();
    }
    void late_product(int64_t n, int64_t at, int64_t block) {
        const T* weights = w.late + block * H * U;
        if (norm.on())
            product<T, 1, kZero>(n, through, z.state_row, H, weights, U,
                                 norm.c + (block * norm.rows + at) * U, U);
        else
            product<T, 1, kContinue>(n, through, z.state_row, H, weights, U, panel(block, at), W);
    }

    // The gates of one block of units, of every row of a step.
    void gate_block(int64_t s, int64_t n, int64_t at, int64_t block, T* leave) {
        T* rows_of_block = panel(block, at);
        const T* peephole = w.peephole;
        for (int64_t r = 0; r < n; ++r)
#pragma GCC unroll 2
            for (int v = 0; v < C::kWide; ++v) {
                const int64_t unit = block * U + v * L;
                T* kept = state + (block * rows + r) * U + v * L;
                T* saved = cells ? cells + (block * total + p.offset[s] + r) * U + v * L : nullptr;
                const Vec<T> before = C::kSaves && zone_c.on ? load(kept) : Vec<T>{};
                const Vec<T> h = C::forward({rows_of_block + r * W + v * L, kept, saved,
                                             peephole ? peephole + unit : nullptr, z.blocks * U});
                if constexpr (C::kSaves) {
                    if (norm.on()) store(norm.c + (block * norm.rows + at + r) * U, load(kept));
                    keep_cell(s, r, unit, kept, saved, before);
                    if (norm.on()) continue;  // h waits for the whole row's c
                    if (q.w_hr) {             // or for the whole row
                        store(outputs + (at + r) * z.output_row + unit, h);
                        continue;
                    }
                }
                finish(s, r, unit, kept, h, leave);
            }
    }
    // An LSTM's new c: zoned out, saved and written.
    OSTINATO_INLINE void keep_cell(int64_t s, int64_t r, int64_t unit, T* kept, T* saved, Vec<T> before) {
        const int64_t row = p.rows[r], place = (row * q.steps + time_of(q, row, s)) * H + unit;
        if (zone_c.on) {
            store(kept, zone_c.mix(load(kept), before, place, H - unit));
            if (saved) store(saved, load(kept));
        }
        if (q.cell_sequence) store_some(q.cell_sequence + place, load(kept), H - unit);
    }
    // One vector of a row's new h: zoned out, written, and made ready to enter the next step.
    OSTINATO_INLINE void finish(int64_t s, int64_t r, int64_t unit, T* kept, Vec<T> h, T* leave) {
        const int64_t row = p.rows[r], left = z.state - unit, time = time_of(q, row, s);
        if (zone_h.on) {
            T* old = held + r * z.state_row + unit;
            const int64_t place = (row * q.steps + time) * z.state + unit;
            h = zone_h.mix(h, load(old), place, left);
            store(old, h);
            if (C::kKeepsState && !C::kSaves) store(kept, h);
        }
        store_some(q.out + row * q.out_batch + time * q.out_step + unit, h, left);
        if (q.recurrent_mask) h *= load_some(q.recurrent_mask + row * z.state + unit, left);
        store(leave + r * z.state_row + unit, h);
    }

    // LSTM's output of a normalised c.
    void see_normalised(int64_t s, int64_t n, int64_t at, T* leave) {
        norm.of_c.forward(norm.c + at * U, n, norm.c_inverse + at);
        for (int64_t block = 0; block < z.blocks; ++block)
            for (int64_t r = 0; r < n; ++r) {
                const Vec<T> o = load(panel(block, at + r) + C::kOut * U);
                const Vec<T> h = o * hyperbolic_tangent(norm.seen(block, at + r));
                if (q.w_hr)
                    store(outputs + (at + r) * z.output_row + block * U, h);
                else
                    finish(s, r, block * U, nullptr, h, leave);
            }
    }
    // LSTM's outputs, projected to h.
    void project(int64_t s, int64_t n, int64_t at, T* leave) {
        const int64_t blocks = (z.state + L - 1) / L;
        const T* rows_of_step = outputs + at * z.output_row;
        if (n == 1)
            row_products<T, 1, kZero>(rows_of_step, H, w.projection, H * L, blocks, projected, L);
        for (int64_t block = 0; block < blocks; ++block) {
            if (n > 1)
                product<T, 1, kZero>(n, rows_of_step, z.output_row, H, w.projection + block * H * L, L,
                                     projected + block * L, z.state_row);
            for (int64_t r = 0; r < n; ++r)
                finish(s, r, block * L, nullptr, load(projected + r * z.state_row + block * L), leave);
        }
    }
};

template <class T, class C>
ForwardPacks<T> pack_all_forward(const Call<T>& q) {
    using S = Sizes<T, C>;
    const S z(q);
    const int64_t units = z.blocks * S::U;
    T* x_pack = buffer(q, 0, Room::kInputWeights, z.blocks * (q.input + 1) * S::XV * S::L);
    T* h_pack = buffer(q, 0, Room::kStateWeights, z.state_values(z.state));
    T* hn_bias = buffer(q, 0, Room::kStateBias, units);
    pack_forward<T, C>(q, x_pack, h_pack, hn_bias);
    return {x_pack,
            h_pack,
            h_pack + z.late_at(z.state),
            hn_bias,
            pack_peephole(q, units, buffer(q, 0, Room::kPeepholes, 3 * units)),
            pack_norm<T, C>(q, z.blocks),
            pack_projection(q)};
}

template <class T, class C>
void forward_cell(const Call<T>& q) {
    ForwardPacks<T> packs{};
    auto prepare = [&] { packs = pack_all_forward<T, C>(q); };
    run_team(q, prepare, [&](int thread, const Member& member) {
        if (!member.first()) member.wait();  // the first makes room for all
        ForwardShare<T, C> share(q, thread, member, packs);
        if (member.first()) member.wait();
        share.run();
    });
}

}  // namespace OSTINATO_SET
