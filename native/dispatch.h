// Choosing an instruction set, dealing sequences to threads, keeping workspaces.
#pragma once
#include <memory>
#include <vector>

#include "call.h"

namespace ostinato {

struct Kernels {
    const char* name;
    int vector_bytes;
    Table<float> of_float;
    Table<double> of_double;
    template <class T>
    const Table<T>& of() const {
        if constexpr (sizeof(T) == 4) {
            return of_float;
        } else {
            return of_double;
        }
    }
};

// The sets this machine can run, best first.
const std::vector<Kernels>& available();
const Kernels& chosen();
bool choose(const char* name);  // false where the machine cannot run it
void run(int dtype_bytes, const int64_t* fields, bool backward);
void choose(uint64_t seed, int64_t count, int highest, uint8_t* out);
constexpr int kFields = 62;

// Values that begin on a cache line.
template <class T>
using Values = std::unique_ptr<T, void (*)(void*)>;
template <class T>
Values<T> values(int64_t count);

// Layers one upon the other, their weights packed once, stepped together. States are
// (layers, batch, hidden), so all layers have one hidden size.
template <class T>
class Stack {
public:
    Stack() : kernels_(chosen().of<T>()) {}
    Stack(const Stack&) = delete;
    // `given`: the cell, the sizes, weights, biases, peephole and gains of a call; the rates are
    // zoneout's, of h and c.
    void add(const Call<T>& given, T eps, T rate_h, T rate_c);
    void step(int64_t batch, const T* x, const T* h, const T* c, T* h_out, T* c_out,
              int64_t threads) const;
    struct Sizes {
        int64_t input, hidden, layers;
    };
    Sizes sizes() const {
        return {layers_.front().given.input, layers_.front().given.hidden, int64_t(layers_.size())};
    }

private:
    struct Layer {
        Call<T> given;
        T eps, rate_h, rate_c;
        Values<T> packed;
    };
    const Table<T> kernels_;
    std::vector<Layer> layers_;
};

// A linear map, its weights packed once.
template <class T>
class Linear {
public:
    Linear(int64_t inputs, int64_t outputs, const T* w, const T* bias);
    Linear(const Linear&) = delete;
    void run(int64_t rows, const T* x, int64_t x_row, T* out, int64_t threads) const;

private:
    const Table<T> kernels_;
    int64_t inputs_, outputs_;
    Values<T> packed_;
};

}  // namespace ostinato
