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
struct Unit {       // one vector of units of one row
    T* gates;       // the panel's row
    T* state;       // the state kept between steps (h for GRU, c for LSTM, none for RNN)
    T* saved;       // LSTM: c after this step, for the backward pass; may be null
    const T* prior; // backward: GRU h before this step; LSTM c before this step
    const T* peephole = nullptr;  // LSTM: weights of i, `peephole_row` further of f, then of o
    int64_t peephole_row = 0;
    T* grad_peephole = nullptr;
    bool zoned = false;  // backward: c was zoned out after h was made from it
    // Backward with a normalised c: its tanh, and the gradient of c through the normalisation.
    const T *seen = nullptr, *d_seen = nullptr;
};

}  // namespace OSTINATO_SET
