// The gates of each cell, over one block of units, forward and backward.
//
// A panel holds one row for each sequence and step: `Slots` values for each unit of the block,
// slot by slot. `Gate` tells which gate of torch's order stands in a slot. The input product
// writes the slots from kX on, the hidden product those from kH on.
#pragma once
#include "product.h"

namespace OSTINATO_SET {

// A cell with kLate has a second product with the state, into slot 0, of the state as the first
// gates let it through.
template <class T>
struct Unit {       // one vector of units of one row, forward
    T* gates;       // the panel's row
    T* state;       // the state kept between steps (h for GRU, c for LSTM, none for RNN)
    T* saved;       // LSTM: c after this step, for the backward pass; may be null
    const T* peephole;  // LSTM: weights of i, `peephole_row` further of f, then of o; or null
    int64_t peephole_row;
};
template <class T>
struct Back {        // the same, backward
    const T* gates;  // as the forward pass left them
    T* d_gates;      // their gradients
    const T* prior = nullptr;    // h before this step; LSTM: c
    T* d_state = nullptr;        // LSTM: the gradient of c, which becomes that of the c before
    const T* saved = nullptr;    // LSTM: c after this step
    const T* peephole = nullptr;  // as in Unit
    int64_t peephole_row = 0;
    T* grad_peephole = nullptr;
    bool zoned = false;  // c was zoned out after h was made from it
    // With a normalised c: its tanh, and the gradient of c through the normalisation.
    const T *seen = nullptr, *d_seen = nullptr;
};

}  // namespace OSTINATO_SET
