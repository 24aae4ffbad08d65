// Weights packed once and used many times. Objects are complete when they are made and only read
// afterwards, so that any number of threads may use one at the same time.
#pragma once
#include <memory>
#include <vector>

#include "call.h"

namespace ostinato {

// Values that begin on a cache line.
template <class T>
using Values = std::unique_ptr<T, void (*)(void*)>;

// A copy of arrays as they were when they were packed.
template <class T>
class Snapshot {
public:
    void keep(const T* values, int64_t count);  // null counts as none
    // The same number of arrays, the same ones null, and every value the same bit for bit.
    bool same(const std::vector<const T*>& now) const;

private:
    struct Kept {
        bool given;
        std::vector<T> values;
    };
    std::vector<Kept> arrays_;
};

// Layers one upon the other, stepped together. States are (L, B, S) and (L, B, H), so all layers have
// one hidden size.
template <class T>
class Stack {
public:
    explicit Stack(const std::vector<Call<T>>& layers);  // the cell, the sizes, weights, rates, eps
    Stack(const Stack&) = delete;
    // x (B, I); h and the new one (L, B, S), c and the new one (L, B, H), null but for LSTM.
    void step(int64_t batch, const T* x, const T* h, const T* c, T* h_out, T* c_out,
              int64_t threads) const;
    // Whether these layers' weights have the bits that were packed.
    bool same(const std::vector<Call<T>>& layers) const;
    struct Sizes {
        int64_t input, hidden, state, layers;
    };
    Sizes sizes() const {
        const Call<T>& q = layers_.front().given;
        return {q.input, q.hidden, q.state, int64_t(layers_.size())};
    }
    bool has_cells() const;  // LSTM

private:
    struct Layer {
        Call<T> given;
        Values<T> packed;
        Snapshot<T> weights;
    };
    const Table<T> kernels_;
    std::vector<Layer> layers_;
};

// A linear map: weight (outputs, inputs), bias (outputs,) or null.
template <class T>
class Linear {
public:
    Linear(int64_t inputs, int64_t outputs, const T* weight, const T* bias);
    Linear(const Linear&) = delete;
    // x (rows, inputs), `x_row` apart, to out (rows, outputs).
    void run(int64_t rows, const T* x, int64_t x_row, T* out, int64_t threads) const;
    bool same(const T* weight, const T* bias) const;

private:
    const Table<T> kernels_;
    int64_t inputs_, outputs_;
    Values<T> packed_;
    Snapshot<T> weights_;
};

}  // namespace ostinato
