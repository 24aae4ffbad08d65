// What one call of a kernel is given: plain pointers and sizes, no Python, no torch.
//
// Shapes stand beside the pointers: B sequences (batch), T steps, I inputs, H units (hidden), G rows
// of gates (H for each gate, in torch's order), S units of h (state: H, or fewer where an LSTM
// projects them), L layers. Arrays are row-major and dense unless
// strides are named; strides count elements. Null stands for zeros (states, gradients), for no
// bias, or for an option that is off.
#pragma once
#include <cstddef>
#include <cstdint>

namespace ostinato {

enum Cell { kRnnTanh = 0, kRnnRelu = 1, kGru = 2, kLstm = 3, kLstmCoupled = 4, kGruBefore = 5 };

constexpr int64_t kMostThreads = 256;  // of one call

// What a thread keeps room for between calls: one name for one use, whatever pass it belongs to.
enum Room : int {
    kInputs,         // rows of x, each with a 1 for the biases
    kEntering,       // h as it enters a step, masked
    kLeaving,        // h as it leaves the step: it enters the next one
    kState,          // what a cell keeps between steps
    kGates,          // a panel of gates that is not saved
    kThrough,        // h as an early reset gate lets it through
    kHeld,           // h without its mask, for zoneout
    kNormRows,       // rows of layer normalisation: not saved, or a chunk's copy on the way back
    kOutputs,        // an LSTM's outputs that are not saved, before their projection
    kProjected,      // and after it
    kInputWeights,   // packed
    kStateWeights,   // packed
    kStateBias,      // of GRU's candidate, inside the reset gate
    kPeepholes,      // packed
    kNormWeights,    // packed
    kProjectionWeights,  // packed
    kBackWeights,    // both weights, packed for the way back
    kBackProjection,  // the projection, packed for the way back
    kGradState,      // gradient of h, a row for each sequence
    kGradPassed,     // of h, through the recurrent product
    kGradCell,       // of c
    kGradGates,      // a chunk's panel
    kGradOut,        // of h, complete, for a step whose gates wait for that
    kGradOutputs,    // of an LSTM's outputs before their projection
    kGradProjected,  // of the projected h, a chunk's
    kPriors,         // h before each step of a chunk
    kThroughPriors,  // the same as an early reset gate let it through
    kStartCell,      // the c at the beginning and after a reset
    kGradInputs,     // a chunk's gradient of x
    kGradSeen,       // of what tanh saw of a normalised c, and that tanh
    kInputSums,      // a thread's gradients of the input's weights
    kStateSums,      // of the state's
    kPeepholeSums,   // of the peepholes
    kNormSums,       // of gains and biases
    kProjectionSums,  // of W_hr
    kLinearRows,     // a linear map's outputs
    kRooms
};

// At least 64-byte aligned, kept until the calling thread ends; `rooms` are that thread's.
using Workspace = void* (*)(void* rooms, int thread, Room room, size_t bytes);

// The sequences one thread serves, longest first, so that those still running at a step are a
// prefix. `offset[s]` counts the rows (one sequence at one step) before step s.
struct Share {
    const int64_t* rows;    // (count,) index in the batch
    const int64_t* active;  // (T,) sequences that reach each step
    const int64_t* offset;  // (T + 1,)
    int64_t count;          // sequences
    int64_t first_row;      // rows of the shares before this one
};

// A recurrence over a batch, forward or backward.
template <class T>
struct Call {
    int64_t cell, batch, steps, input, hidden, state;
    const T* x;               // (B, T, I), strides x_batch and x_step
    int64_t x_batch, x_step;
    const T *h0, *c0;         // (B, S), (B, H)
    const T* w_ih;            // (G, I)
    const T* w_hh;            // (G, S)
    const T *b_ih, *b_hh;     // (G,)
    const T* w_hr;            // (S, H), LSTM's projection
    const int64_t* lengths;   // (B,); the plan gives every call some
    const uint8_t* resets;    // (B, T)
    const T *h_reset, *c_reset;  // (B, S), (B, H), what a reset returns to
    const T* recurrent_mask;  // (B, S), on the state entering the recurrent product
    bool reverse, keep;       // keep: save what the backward pass reads
    int64_t threads;          // at most so many
    T* out;                   // (B, T, S), strides out_batch and out_step
    int64_t out_batch, out_step;
    T *h_n, *c_n;             // (B, S), (B, H)
    // Saved for the backward pass, as many values a row (one sequence at one step) as Saved says.
    T *gates, *cells, *norm, *outputs;
    // Zoneout: where a flag is set the state stays; or the share of the old state in the new one.
    const uint8_t *zoneout, *zoneout_cell;  // (B, T, S), (B, T, H)
    double zoneout_rate, zoneout_cell_rate;
    const T* peephole;  // (3, H): LSTM's weights of i, f, o from c
    T* cell_sequence;   // (B, T, H): c at every step
    // Layer normalisation, on where gain_ih is given.
    const T *gain_ih, *gain_hh;      // (G,)
    const T *gain_cell, *bias_cell;  // (H,)
    double eps;
    // Backward only. Gradients of results:
    const T* grad_out;  // (B, T, S), strides grad_out_batch and grad_out_step
    int64_t grad_out_batch, grad_out_step;
    const T *grad_h_n, *grad_c_n;  // (B, S), (B, H)
    const T* grad_cell_sequence;   // (B, T, H)
    // and of what was given, each in the shape of its namesake; grad_x is dense.
    T *grad_x, *grad_h0, *grad_c0, *grad_h_reset, *grad_c_reset;
    T *grad_w_ih, *grad_w_hh, *grad_b_ih, *grad_b_hh, *grad_peephole;
    T *grad_gain_ih, *grad_gain_hh, *grad_gain_cell, *grad_bias_cell, *grad_w_hr;
    // Filled in by the plan.
    const Share* shares;
    int64_t team;  // threads that split the units of one share; 1 where each has its own
    void* rooms;
    Workspace workspace;

    bool zoned() const { return zoneout || T(zoneout_rate) != T(0); }  // h
};

// Values a row: of the panel of gates, and of what is saved for the backward pass.
struct Saved {
    int64_t panel, gates, cells, norm, outputs;
};

// One time step of a batch from packed weights. The new states may be written over the old ones.
template <class T>
struct StepCall {
    int64_t cell, batch, input, hidden, state, threads;
    const T* pack;
    const T* x;            // (B, I)
    const T *h, *c;        // (B, S), (B, H)
    T *h_out, *c_out;      // (B, S), (B, H)
    bool peephole, norm, projected;  // the pack holds them
    T rate_h, rate_c, eps; // zoneout's
    void* rooms;
    Workspace workspace;
};

// A linear map of rows to dense rows of outputs.
template <class T>
struct LinearCall {
    int64_t rows, inputs, outputs, threads;
    const T* pack;
    const T* x;  // (rows, inputs), `x_row` apart
    int64_t x_row;
    T* out;  // (rows, outputs)
    void* rooms;
    Workspace workspace;
};

// The kernels of one instruction set for one type.
template <class T>
struct Table {
    Saved (*saved)(const Call<T>&);
    void (*forward)(const Call<T>&);
    void (*backward)(const Call<T>&);
    int64_t (*packed_values)(const Call<T>&);
    void (*pack)(const Call<T>&, T* to);
    void (*step)(const StepCall<T>&);
    int64_t (*linear_values)(int64_t inputs, int64_t outputs);
    void (*linear_pack)(int64_t inputs, int64_t outputs, const T* w, const T* bias, T* to);
    void (*linear)(const LinearCall<T>&);
    void (*choose)(uint64_t seed, int64_t from, int64_t to, int highest, uint8_t* out);
};

}  // namespace ostinato
