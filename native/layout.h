// How a call's arrays are laid out for the kernels: sizes, packed weights, and the copies between
// the user's rows and the dense rows of one chunk.
#pragma once
#include <atomic>
#include <exception>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "call.h"
#include "gru.h"
#include "lstm.h"
#include "norm.h"
#include "rnn.h"
#include "team.h"

namespace OSTINATO_SET {

using ostinato::Call;
using ostinato::kMostThreads;
using ostinato::Member;
using ostinato::Room;
using ostinato::Share;

constexpr int64_t kChunkBytes = 512 * 1024;
constexpr int64_t kAhead = 8;  // rows of the user's arrays are asked for this far ahead
constexpr int64_t kLeastRows = 2 * 128;
constexpr int64_t kSumRows = 128;  // rows summed from zero before they join a weight's gradient

// Where a chunk lies: steps [from, to), `rows` rows of which the first is `first` of the share's.
struct Chunk {
    int64_t from, to, first, rows;
};

template <class T, class C>
struct Sizes {
    static constexpr int L = kLanes<T>, U = C::kWide * L, W = C::kSlots * U;
    static constexpr int XV = C::kXSlots * C::kWide, HV = C::kHSlots * C::kWide;
    static constexpr int64_t kEven = 2 / C::kWide;  // blocks that members of a team do not divide
    int64_t input, hidden, blocks, x_row, chunk_rows;
    int64_t state, depth;        // units of h; rows of its weights' gradient, GRU's own bias with them
    bool projected;
    int64_t state_row, output_row;  // values of a row of h; of a row of an LSTM's outputs before W_hr
    explicit Sizes(const Call<T>& q)
        : input(q.input),
          hidden(q.hidden),
          blocks((q.hidden + U - 1) / U),
          x_row((q.input + 8) / 8 * 8),
          chunk_rows(kChunkBytes / int64_t(sizeof(T)) / (blocks * W + x_row)),
          state(q.state),
          depth(q.state + (C::kHiddenBias ? 1 : 0)),
          projected(q.w_hr != nullptr),
          output_row(blocks * U) {
        const int64_t widest = state > blocks * U ? (state + L - 1) / L * L : blocks * U;
        state_row = widest + 16;  // off the multiples of 1 KiB that share cache sets
        // Wide layers pay for each visit to their weights' gradients: make the visits few.
        if (chunk_rows < kLeastRows) chunk_rows = kLeastRows;
    }
    // Where the late product's weights begin behind those of the first: `depth` rows each.
    int64_t late_at(int64_t depth) const { return blocks * depth * HV * L; }
    int64_t state_values(int64_t depth) const {
        return late_at(depth) + (C::kLate ? blocks * depth * U : 0);
    }
    // Units of h up to the end of block `end`, with those of no unit, and without.
    int64_t state_end(int64_t end) const { return projected ? (state + L - 1) / L * L : end * U; }
    int64_t state_past(int64_t end) const {
        return !projected && end * U < hidden ? end * U : state;
    }
    // Rows of the longest chunk.
    int64_t most_rows(const Share& p, int64_t steps) const {
        int64_t most = 1;
        for (int64_t s = 0, to; s < steps && p.active[s] > 0; s = to) {
            to = chunk_end(p, s, steps);
            const int64_t n = p.offset[to] - p.offset[s];
            most = n > most ? n : most;
        }
        return most;
    }
    int64_t chunk_end(const Share& p, int64_t from, int64_t steps) const {
        int64_t to = from + 1;
        while (to < steps && p.active[to] > 0 && p.offset[to + 1] - p.offset[from] <= chunk_rows)
            ++to;
        return to;
    }
};

// Forward weights in [block][k][slot][unit]; the biases follow the last input as one more row.
template <class T, class C>
void pack_forward(const Call<T>& q, T* x_pack, T* h_pack, T* hn_bias) {
    using S = Sizes<T, C>;
    const S z(q);
    auto pack = [&](const T* w, int64_t depth, int64_t packed_depth, int first, int slots, T* to) {
        const int64_t width = int64_t(slots) * S::U;
        for (int64_t block = 0; block < z.blocks; ++block, to += packed_depth * width)
            for (int slot = 0; slot < slots; ++slot) {
                const int64_t unit = block * S::U;
                const T* from = w + (C::gate(first + slot) * q.hidden + unit) * depth;
                const int64_t real = q.hidden - unit < S::U ? q.hidden - unit : S::U;
                for (int64_t k = 0; k < depth; ++k) {
                    T* at = to + k * width + slot * S::U;
                    for (int64_t u = 0; u < real; ++u) at[u] = from[u * depth + k];
                    for (int64_t u = real; u < S::U; ++u) at[u] = T(0);
                }
            }
    };
    pack(q.w_ih, q.input, q.input + 1, C::kX, C::kXSlots, x_pack);
    pack(q.w_hh, q.state, q.state, C::kH, C::kHSlots, h_pack);
    if (C::kLate) pack(q.w_hh, q.state, q.state, 0, 1, h_pack + z.late_at(q.state));
    for (int64_t unit = 0; unit < z.blocks * S::U; ++unit) {
        const int64_t block = unit / S::U, u = unit % S::U, width = C::kXSlots * S::U;
        const bool real = unit < q.hidden;
        for (int slot = 0; slot < C::kXSlots; ++slot) {
            const int64_t row = C::gate(C::kX + slot) * q.hidden + unit;
            T bias = real && q.b_ih ? q.b_ih[row] : T(0);
            // b_hn stays inside the reset gate's reach and waits with the hidden product.
            if (real && q.b_hh && !(C::kHiddenBias && slot == 0)) bias += q.b_hh[row];
            x_pack[(block * (q.input + 1) + q.input) * width + slot * S::U + u] = bias;
        }
        if (C::kHiddenBias) hn_bias[unit] = real && q.b_hh ? q.b_hh[2 * q.hidden + unit] : T(0);
    }
}

// Backward weights in [out block][block][slot][unit][out lane], for gradients of what was fed in.
template <class T, class C, int Wide>
void pack_backward(const T* w, int64_t hidden, int64_t outs, int first, int slots, T* to) {
    using S = Sizes<T, C>;
    constexpr int O = Wide * kLanes<T>;
    const int64_t blocks = (hidden + S::U - 1) / S::U, out_blocks = (outs + O - 1) / O;
    for (int64_t ob = 0; ob < out_blocks; ++ob)
        for (int64_t block = 0; block < blocks; ++block)
            for (int slot = 0; slot < slots; ++slot)
                for (int u = 0; u < S::U; ++u, to += O) {
                    const int64_t unit = block * S::U + u;
                    const int64_t row = C::gate(first + slot) * hidden + unit;
                    for (int64_t o = 0; o < O; ++o)
                        to[o] = unit < hidden && ob * O + o < outs ? w[row * outs + ob * O + o]
                                                                   : T(0);
                }
}

// What was fed in gets its gradient: rows of gate gradients times the transposed weights; `onto`
// adds it to what is there. Units past the last are left out: they may be NaN.
template <class T, class C, int Wide>
void product_back(int64_t rows, const T* gates, int64_t gates_row, int64_t block_stride,
                  int64_t hidden, int slots, const T* pack, int64_t outs, T* to, int64_t to_row,
                  bool onto, const Member& member) {
    using S = Sizes<T, C>;
    constexpr int O = Wide * kLanes<T>;
    const int64_t blocks = (hidden + S::U - 1) / S::U, k = int64_t(slots) * S::U;
    const int64_t all = (outs + O - 1) / O;
    const int64_t begin = member.begin(all, 1), out_blocks = member.end(all, 1) - begin;
    pack += begin * blocks * k * O, to += begin * O;
    // Part of a block: `count` gradients from `first` on, for out blocks from `ob` on.
    auto add = [&](int64_t block, int64_t first, int64_t count, int64_t ob) {
        const T *a = gates + block * block_stride + first, *w = pack + ((ob * blocks + block) * k + first) * O;
        const bool fresh = block == 0 && first == 0 && !onto;
        if (rows == 1 && fresh)
            row_products<T, Wide, kZero>(a, count, w, blocks * k * O, out_blocks, to, O);
        else if (rows == 1)
            row_products<T, Wide, kContinue>(a, count, w, blocks * k * O, out_blocks, to, O);
        else if (fresh)
            product<T, Wide, kZero>(rows, a, gates_row, count, w, O, to + ob * O, to_row);
        else
            product<T, Wide, kContinue>(rows, a, gates_row, count, w, O, to + ob * O, to_row);
    };
    for (int64_t ob = 0; ob < (rows == 1 ? 1 : out_blocks); ++ob)  // a lone row takes them together
        for (int64_t block = 0; block < blocks; ++block) {
            const int64_t real = hidden - block * S::U;
            if (real >= S::U)
                add(block, 0, k, ob);
            else
                for (int slot = 0; slot < slots; ++slot) add(block, slot * S::U, real, ob);
        }
}

template <class T>
int64_t time_of(const Call<T>& q, int64_t row, int64_t step) {
    return q.reverse ? q.lengths[row] - 1 - step : step;
}
// A border between episodes lies before its step; backwards it is met one step later.
template <class T>
bool resets_at(const Call<T>& q, int64_t row, int64_t step) {
    if (!q.resets || (q.reverse && step == 0)) return false;
    return q.resets[row * q.steps + time_of(q, row, step) + (q.reverse ? 1 : 0)];
}

// (1 - share) * fresh + share * old, exactly one of them where the share is 0 or 1.
template <class T>
OSTINATO_INLINE Vec<T> blend(Vec<T> fresh, Vec<T> old, Vec<T> share) {
    const Vec<T> mixed = share * old + (T(1) - share) * fresh;
    return share == T(0) ? fresh : share == T(1) ? old : mixed;
}

// How much of the old state stays, h's or c's: zoneout's mask, its rate, or nothing.
template <class T>
struct Zone {
    const uint8_t* mask;
    Vec<T> rate;
    bool on;
    Zone(const uint8_t* given, double share) : mask(given), rate(splat(T(share))) {
        on = mask || T(share) != T(0);
    }
    OSTINATO_INLINE Vec<T> mix(Vec<T> fresh, Vec<T> old, int64_t at, int64_t left) const {
        if (!mask) return blend<T>(fresh, old, rate);
        return load_flags<T>(mask + at, left) ? old : fresh;
    }
    // The part of a gradient that goes to the old state; what is left of it, to the fresh one.
    OSTINATO_INLINE Vec<T> take(Vec<T>& d, int64_t at, int64_t left) const {
        const Vec<T> all = d, none{};
        if (!mask) {  // no 0 times infinity
            d = rate == T(0) ? all : rate == T(1) ? none : all - all * rate;
            return rate == T(0) ? none : rate == T(1) ? all : all * rate;
        }
        const auto stays = load_flags<T>(mask + at, left);
        d = stays ? none : all;
        return stays ? all : none;
    }
};

// LSTM's peephole weights in rows of `row` values, zeros past the hidden size; null without any.
template <class T>
const T* pack_peephole(const Call<T>& q, int64_t row, T* to) {
    if (!q.peephole) return nullptr;
    for (int64_t gate = 0; gate < 3; ++gate)
        for (int64_t u = 0; u < row; ++u)
            to[gate * row + u] = u < q.hidden ? q.peephole[gate * q.hidden + u] : T(0);
    return to;
}

// The inputs of steps [from, to) as rows, each ending in the 1 that the biases multiply.
template <class T, class C>
void gather_inputs(const Call<T>& q, const Share& p, const Sizes<T, C>& z, int64_t from, int64_t to,
                   T* panel) {
    for (int64_t s = from; s < to; ++s)
        for (int64_t r = 0; r < p.active[s]; ++r, panel += z.x_row) {
            const int64_t row = p.rows[r];
            if (r + kAhead < p.active[s]) {
                const int64_t soon = p.rows[r + kAhead];
                prefetch(q.x + soon * q.x_batch + time_of(q, soon, s) * q.x_step, q.input);
            }
            std::memcpy(panel, q.x + row * q.x_batch + time_of(q, row, s) * q.x_step,
                        size_t(q.input) * sizeof(T));
            panel[q.input] = T(1);
        }
}

// Units past the last, of every slot of a gate's vector, become zero: they may be NaN, and zero gains
// would not stop that.
template <class T, class C>
OSTINATO_INLINE void clear_padding(T* gate, int64_t left) {
    for (int slot = 0; slot < C::kSlots; ++slot, gate += Sizes<T, C>::U)
        store(gate, real_lanes<T>(left) == T(1) ? load(gate) : Vec<T>{});
}

// Rows of the inputs' gradients, `row` apart, of steps [from, to) to their places.
template <class T>
void scatter_inputs(const Call<T>& q, const Share& p, int64_t from, int64_t to, const T* each, int64_t row) {
    for (int64_t s = from; s < to; ++s)
        for (int64_t r = 0; r < p.active[s]; ++r, each += row) {
            const int64_t sequence = p.rows[r];
            std::memcpy(q.grad_x + (sequence * q.steps + time_of(q, sequence, s)) * q.input, each,
                        size_t(q.input) * sizeof(T));
        }
}

template <class T>
T* buffer(const Call<T>& q, int thread, Room room, int64_t count) {
    return static_cast<T*>(q.workspace(q.rooms, thread, room, size_t(count + 64) * sizeof(T)));
}

// Prepares on one thread while the others wake up; then each thread takes the next share, so that one
// that wakes late finds its share done. Or the one share on all of a team, which may turn out smaller.
template <class T, class Prepare, class Work>
void run_team(const Call<T>& q, Prepare&& prepare, Work&& work) {
    const int asked = int(q.team > 1 ? q.team : q.threads);
#ifdef _OPENMP
    if (asked > 1) {
        ostinato::Barrier barrier;
        std::exception_ptr failed;
        std::atomic<bool> prepared{false};
        std::atomic<int> next{0};
#pragma omp parallel num_threads(asked)
        {
            const int index = omp_get_thread_num(), members = omp_get_num_threads();
            if (index == 0) try {
                    prepare();
                } catch (...) {
                    failed = std::current_exception();
                }
            if (index == 0) prepared.store(true, std::memory_order_release);
            ostinato::wait_until([&] { return prepared.load(std::memory_order_acquire); });
            if (!failed && q.team > 1) work(0, Member{index, members, &barrier});
            for (int i = 0; !failed && q.team == 1 && (i = next.fetch_add(1)) < asked;) work(i, Member{});
        }
        if (failed) std::rethrow_exception(failed);
        return;
    }
#endif
    prepare();
    for (int i = 0; i < (q.team > 1 ? 1 : asked); ++i) work(i, Member{});
}

template <class T, class C>
const T* pack_norm(const Call<T>& q, int64_t blocks) {
    if (!q.gain_ih) return nullptr;
    T* packed = buffer(q, 0, Room::kNormWeights, Norm<T, C>::pack_values(blocks));
    Norm<T, C>::pack(q, blocks, packed);
    return packed;
}

// LSTM's projection in [block of h][unit][lane].
template <class T>
int64_t projection_values(const Call<T>& q) {
    constexpr int L = kLanes<T>;
    return q.w_hr ? (q.state + L - 1) / L * L * q.hidden : 0;
}
template <class T>
void fill_projection(const Call<T>& q, T* to) {
    constexpr int L = kLanes<T>;
    for (int64_t first = 0; first < q.state; first += L)
        for (int64_t k = 0; k < q.hidden; ++k)
            for (int64_t u = first; u < first + L; ++u)
                *to++ = u < q.state ? q.w_hr[u * q.hidden + k] : T(0);
}
template <class T>
const T* pack_projection(const Call<T>& q) {
    if (!q.w_hr) return nullptr;
    T* packed = buffer(q, 0, Room::kProjectionWeights, projection_values(q));
    fill_projection(q, packed);
    return packed;
}
// And for the way back in [block of units][h][unit].
template <class T, class C>
const T* pack_projection_back(const Call<T>& q, int64_t blocks) {
    constexpr int U = Sizes<T, C>::U;
    if (!q.w_hr) return nullptr;
    T *packed = buffer(q, 0, Room::kBackProjection, blocks * q.state * U), *to = packed;
    for (int64_t block = 0; block < blocks; ++block)
        for (int64_t k = 0; k < q.state; ++k)
            for (int64_t unit = block * U; unit < block * U + U; ++unit)
                *to++ = unit < q.hidden ? q.w_hr[k * q.hidden + unit] : T(0);
    return packed;
}

}  // namespace OSTINATO_SET
