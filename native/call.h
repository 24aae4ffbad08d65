// What one call of a recurrence is given: plain pointers and sizes, no Python, no torch.
#pragma once
#include <cstddef>
#include <cstdint>

namespace ostinato {

enum Cell { kRnnTanh = 0, kRnnRelu = 1, kGru = 2, kLstm = 3, kLstmCoupled = 4, kGruBefore = 5 };

// The sequences one thread serves, longest first, so that those still running at a step are a
// prefix. `offset[s]` counts the rows (one sequence at one step) before step s.
struct Share {
    const int64_t* rows;    // index in the batch
    const int64_t* active;  // sequences that reach step s, one for each step
    const int64_t* offset;  // steps + 1
    int64_t count;          // sequences
    int64_t first_row;      // rows of the shares before this one
};

// All arrays are row-major; strides are in elements; null stands for zeros (states, gradients),
// for no bias, or for an option that is off.
template <class T>
struct Call {
    int cell;
    int64_t batch, steps, input, hidden;
    const T *x, *h0, *c0, *w_ih, *w_hh, *b_ih, *b_hh;
    int64_t x_batch, x_step;
    const int64_t* lengths;  // (batch,), always given
    const uint8_t* resets;   // (batch, steps)
    const T* mask;           // (batch, hidden), on the state entering the recurrent product
    bool reverse, keep;
    T *out, *h_n, *c_n;  // out is (batch, steps, hidden) with the strides below
    int64_t out_batch, out_step;
    T *gates, *cells;  // saved for the backward pass when `keep`
    // Backward only.
    const T *grad_out, *grad_h_n, *grad_c_n;
    int64_t grad_batch, grad_step;
    T *grad_x, *grad_h0, *grad_c0, *grad_w_ih, *grad_w_hh, *grad_b_ih, *grad_b_hh;
    int64_t grad_x_batch, grad_x_step;
    // Zoneout: where a byte of (batch, steps, hidden) is set the state stays; or the share of the
    // old state in the new one, `rates` of h and c.
    const uint8_t *zone_h, *zone_c;
    const T* rates;
    // LSTM: weights (3, hidden) of i, f, o from c, and c at every step (batch, steps, hidden).
    const T* peephole;
    T* cell_sequence;
    const T* grad_cell_sequence;
    T* grad_peephole;
    // Layer normalisation: gains of both products in the weights' rows, of c and its bias, and what
    // is kept of it for the backward pass.
    const T *gain_ih, *gain_hh, *gain_cell, *bias_cell, *eps;
    T *norm, *grad_gain_ih, *grad_gain_hh, *grad_gain_cell, *grad_bias_cell;
    // States (batch, hidden) that a reset returns to.
    const T *h_reset, *c_reset;
    T *grad_h_reset, *grad_c_reset;
    // Filled in by the plan.
    const Share* shares;
    int64_t threads;
    int64_t team;  // threads that split the units of one share; 1 where each has its own
    void* rooms;
    // Of these rooms; at least 64-byte aligned, kept.
    void* (*workspace)(void* rooms, int thread, int slot, size_t bytes);
};

// One time step of a batch from packed weights; arrays are dense and row-major. The new states may
// be written over the old ones.
template <class T>
struct StepCall {
    int cell;
    int64_t batch, input, hidden, threads;
    const T *pack, *x, *h, *c;
    T *h_out, *c_out;
    bool peephole, norm;  // the pack holds them
    T rate_h, rate_c, eps;  // zoneout's
    void* rooms;
    void* (*workspace)(void* rooms, int thread, int slot, size_t bytes);
};

// A linear map of dense rows, `x_row` apart, to dense rows of outputs.
template <class T>
struct LinearCall {
    int64_t rows, inputs, outputs, x_row, threads;
    const T *pack, *x;
    T* out;
    void* rooms;
    void* (*workspace)(void* rooms, int thread, int slot, size_t bytes);
};

// The kernels of one instruction set for one type.
template <class T>
struct Table {
    int64_t (*gate_values)(int cell, int64_t hidden);
    int64_t (*cell_values)(int cell, int64_t hidden);
    int64_t (*norm_values)(int cell, int64_t hidden);
    void (*forward)(const Call<T>&);
    void (*backward)(const Call<T>&);
    int64_t (*packed_values)(int cell, int64_t input, int64_t hidden);
    void (*pack)(const Call<T>&, T* to);
    void (*step)(const StepCall<T>&);
    int64_t (*linear_values)(int64_t inputs, int64_t outputs);
    void (*linear_pack)(int64_t inputs, int64_t outputs, const T* w, const T* bias, T* to);
    void (*linear)(const LinearCall<T>&);
    void (*choose)(uint64_t seed, int64_t from, int64_t to, int highest, uint8_t* out);
};

}  // namespace ostinato
