// A linear map whose rows do not depend on their neighbours: every sum starts from the bias and
// runs over k in order, whatever the number of rows, their order or the threads.
#pragma once
#include "step.h"

namespace OSTINATO_SET {

using ostinato::LinearCall;

constexpr int kLinearWide = 4;
constexpr int64_t kLinearRows = 96;  // of one task

template <class T>
int64_t linear_blocks(int64_t outputs) {
    constexpr int U = kLinearWide * kLanes<T>;
    return (outputs + U - 1) / U;
}
template <class T>
int64_t linear_values(int64_t inputs, int64_t outputs) {
    return linear_blocks<T>(outputs) * kLinearWide * kLanes<T> * (inputs + 1);
}

// Weights in [block][k][output], then the biases.
template <class T>
void linear_pack(int64_t inputs, int64_t outputs, const T* w, const T* bias, T* to) {
    constexpr int U = kLinearWide * kLanes<T>;
    const int64_t blocks = linear_blocks<T>(outputs);
    T* biases = to + blocks * U * inputs;
    for (int64_t block = 0; block < blocks; ++block, to += U * inputs)
        for (int64_t u = 0; u < U; ++u) {
            const int64_t output = block * U + u;
            const bool real = output < outputs;
            for (int64_t k = 0; k < inputs; ++k)
                to[k * U + u] = real ? w[output * inputs + k] : T(0);
            biases[output] = real && bias ? bias[output] : T(0);
        }
}

template <class T>
void linear_rows(const LinearCall<T>& q, int64_t block, int64_t first, int64_t rows, T* panel) {
    constexpr int L = kLanes<T>, U = kLinearWide * L;
    const T* w = q.pack + block * U * q.inputs;
    const T* bias = q.pack + linear_blocks<T>(q.outputs) * U * q.inputs + block * U;
    for (int64_t r = 0; r < rows; ++r)
        for (int v = 0; v < kLinearWide; ++v) store(panel + r * U + v * L, load(bias + v * L));
    const T* x = q.x + first * q.x_row;
    product<T, kLinearWide, kContinue>(rows, x, q.x_row, q.inputs, w, U, panel, U);
    for (int64_t r = 0; r < rows; ++r)
        for (int v = 0; v < kLinearWide; ++v) {
            const int64_t output = block * U + v * L;
            store_some(q.out + (first + r) * q.outputs + output, load(panel + r * U + v * L),
                       q.outputs - output);
        }
}

template <class T>
void linear(const LinearCall<T>& q) {
    constexpr int L = kLanes<T>, U = kLinearWide * L;
    const int64_t blocks = linear_blocks<T>(q.outputs);
    auto room = [&](int64_t thread, int64_t count) {
        return static_cast<T*>(q.workspace(q.rooms, int(thread), Room::kLinearRows, size_t(count) * sizeof(T)));
    };
    if (q.rows == 1) {  // several blocks at once: one row's sum alone would wait for itself
        T* panel = room(0, blocks * U);
        std::memcpy(panel, q.pack + blocks * U * q.inputs, size_t(blocks * U) * sizeof(T));
        row_products<T, kLinearWide, kContinue>(q.x, q.inputs, q.pack, q.inputs * U, blocks, panel, U);
        std::memcpy(q.out, panel, size_t(q.outputs) * sizeof(T));
        return;
    }
    const int64_t chunks = (q.rows + kLinearRows - 1) / kLinearRows, tasks = chunks * blocks;
    const int64_t threads = q.threads < tasks ? q.threads : tasks;
    T* panels[kMostThreads];
    for (int64_t i = 0; i < threads; ++i) panels[i] = room(i, kLinearRows * U);
#pragma omp parallel for schedule(static, 1) num_threads(int(threads)) if (threads > 1)
    for (int64_t i = 0; i < threads; ++i)
        for (int64_t task = tasks * i / threads; task < tasks * (i + 1) / threads; ++task) {
            const int64_t first = task / blocks * kLinearRows;
            const int64_t left = q.rows - first;
            linear_rows(q, task % blocks, first, left < kLinearRows ? left : kLinearRows, panels[i]);
        }
}

}  // namespace OSTINATO_SET
