// Weights on the way back: packed for its products, and their gradients, which each thread sums for
// its sequences and which are joined at the end in the threads' order.
#pragma once
#include "recurrence.h"

namespace OSTINATO_SET {

// Weights for the way back, as pack_backward lays them out.
template <class T>
struct BackPacks {
    const T *x, *h, *late;
    bool narrow_x, narrow_h;
    const T* peephole;    // (3, units), or null
    const T* norm;        // as Norm::pack lays them out, or null
    const T* projection;  // as pack_projection_back lays it out, or null
};

template <class T, class C>
BackPacks<T> pack_all_backward(const Call<T>& q) {
    using S = Sizes<T, C>;
    const S z(q);
    constexpr int64_t wide = 2 * S::L;
    const int64_t x_outs = (q.input + wide - 1) / wide * wide, h_outs = (z.state + wide - 1) / wide * wide;
    const int64_t x_values = x_outs * z.blocks * C::kXSlots * S::U;
    const int64_t h_values = h_outs * z.blocks * C::kHSlots * S::U;
    const int64_t late_values = C::kLate ? h_outs * z.blocks * S::U : 0, units = z.blocks * S::U;
    T* x = buffer(q, 0, Room::kBackWeights, x_values + h_values + late_values);
    T *h = x + x_values, *late = h + h_values;
    const BackPacks<T> packs{x,
                             h,
                             late,
                             q.input <= S::L,
                             z.state <= S::L,
                             pack_peephole(q, units, buffer(q, 0, Room::kPeepholes, 3 * units)),
                             pack_norm<T, C>(q, z.blocks),
                             pack_projection_back<T, C>(q, z.blocks)};
    const auto pack_input = packs.narrow_x ? pack_backward<T, C, 1> : pack_backward<T, C, 2>;
    const auto pack_state = packs.narrow_h ? pack_backward<T, C, 1> : pack_backward<T, C, 2>;
    if (q.grad_x) pack_input(q.w_ih, q.hidden, q.input, C::kX, C::kXSlots, x);
    pack_state(q.w_hh, q.hidden, z.state, C::kH, C::kHSlots, h);
    if (C::kLate) pack_state(q.w_hh, q.hidden, z.state, 0, 1, late);
    return packs;
}

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

// A thread's gradients of weights, summed over its sequences.
template <class T>
struct WeightSums {
    T* x;                         // [block][input + 1][slot][unit]
    T *h, *late;                  // [block][depth of h][slot][unit]
    T *peephole, *peephole_run;   // (3, units) of all, and of one chunk
    T *norm, *norm_run;           // as NormSums lays them out, of all and of one chunk
    T* projection;                // [block][state][unit]
};

// One thread's sums, all zero.
template <class T, class C>
WeightSums<T> empty_sums(const Call<T>& q, int thread) {
    using S = Sizes<T, C>;
    const S z(q);
    const int64_t units = z.blocks * S::U;
    auto zeros = [&](Room room, bool wanted, int64_t count) {
        T* made = wanted ? buffer(q, thread, room, count) : nullptr;
        if (made) std::memset(made, 0, size_t(count) * sizeof(T));
        return made;
    };
    WeightSums<T> sums{};
    const int64_t norm_values = NormSums<T, C>::values(z.blocks);
    sums.x = zeros(Room::kInputSums, true, z.blocks * (q.input + 1) * C::kXSlots * S::U);
    sums.h = zeros(Room::kStateSums, true, z.state_values(z.depth));
    sums.late = sums.h + z.late_at(z.depth);
    sums.peephole = zeros(Room::kPeepholeSums, q.peephole, 6 * units);
    sums.peephole_run = sums.peephole + (q.peephole ? 3 * units : 0);
    sums.norm = zeros(Room::kNormSums, true, q.gain_ih ? 2 * norm_values : 0);
    sums.norm_run = sums.norm + (q.gain_ih ? norm_values : 0);
    sums.projection = zeros(Room::kProjectionSums, q.w_hr, units * q.state);
    return sums;
}

// Threads' sums joined in their order, from [block][k][slot][unit] to torch's rows.
template <class T, class C>
void unpack_gradient(const Call<T>& q, T* WeightSums<T>::*part, const WeightSums<T>* sums, int64_t depth,
                     int first, int slots, T* w, int64_t inner, T* bias) {
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
                        sum += (sums[i].*part)[(block * depth + k) * width + slot * S::U + u];
                    if (k < inner) {
                        if (w) w[row * inner + k] = sum;
                    } else if (bias) {
                        bias[row] = sum;
                    }
                }
            }
}
// The same of W_hr, (state, H), from [block][state][unit]; and of the peepholes.
template <class T>
void unpack_projection(const Call<T>& q, const WeightSums<T>* sums) {
    constexpr int L = kLanes<T>;
    for (int64_t k = 0; q.grad_w_hr && k < q.state; ++k)
        for (int64_t unit = 0; unit < q.hidden; ++unit) {
            T sum = 0;
            for (int64_t i = 0; i < q.threads; ++i)
                sum += sums[i].projection[(unit / L * q.state + k) * L + unit % L];
            q.grad_w_hr[k * q.hidden + unit] = sum;
        }
}
template <class T>
void unpack_peephole(const Call<T>& q, const WeightSums<T>* sums, int64_t units) {
    for (int64_t k = 0; q.grad_peephole && k < 3 * q.hidden; ++k) {
        T sum = 0;
        for (int64_t i = 0; i < q.threads; ++i)
            sum += sums[i].peephole[k / q.hidden * units + k % q.hidden];
        q.grad_peephole[k] = sum;
    }
}

// Every weight's gradient, from the sums of all threads.
template <class T, class C>
void join_sums(const Call<T>& q, const WeightSums<T>* sums) {
    using S = Sizes<T, C>;
    const S z(q);
    unpack_peephole(q, sums, z.blocks * S::U);
    unpack_projection(q, sums);
    // Both biases have one gradient but for GRU, whose b_hn waits inside the reset gate.
    T* bias = C::kHiddenBias || q.grad_b_ih ? q.grad_b_ih : q.grad_b_hh;
    unpack_gradient<T, C>(q, &WeightSums<T>::x, sums, q.input + 1, C::kX, C::kXSlots, q.grad_w_ih, q.input,
                          bias);
    unpack_gradient<T, C>(q, &WeightSums<T>::h, sums, z.depth, C::kH, C::kHSlots, q.grad_w_hh, z.state,
                          C::kHiddenBias ? q.grad_b_hh : nullptr);
    if (C::kLate)
        unpack_gradient<T, C>(q, &WeightSums<T>::late, sums, z.depth, 0, 1, q.grad_w_hh, z.state, nullptr);
    if (q.gain_ih) NormSums<T, C>::unpack(q, z.blocks, [&](int64_t i) { return sums[i].norm; });
    if (!C::kHiddenBias && q.grad_b_hh && q.grad_b_ih)
        std::memcpy(q.grad_b_hh, q.grad_b_ih, size_t(C::kXSlots) * size_t(q.hidden) * sizeof(T));
}

}  // namespace OSTINATO_SET
