// Choosing an instruction set, dealing sequences to threads, keeping workspaces.
#pragma once
#include <vector>

#include "call.h"

namespace ostinato {

struct Kernels {
    const char* name;
    int vector_bytes;
    int64_t (*gate_values_float)(int, int64_t);
    int64_t (*gate_values_double)(int, int64_t);
    int64_t (*cell_values_float)(int, int64_t);
    int64_t (*cell_values_double)(int, int64_t);
    void (*forward_float)(const Call<float>&);
    void (*forward_double)(const Call<double>&);
    void (*backward_float)(const Call<float>&);
    void (*backward_double)(const Call<double>&);
};

// The sets this machine can run, best first.
const std::vector<Kernels>& available();
const Kernels& chosen();
bool choose(const char* name);  // false where the machine cannot run it
void run(int dtype_bytes, const int64_t* fields, bool backward);
constexpr int kFields = 41;

}  // namespace ostinato
