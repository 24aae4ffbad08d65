// Choosing an instruction set, dealing sequences to threads.
#pragma once
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

// One call of a recurrence; the plan's fields are filled in here.
template <class T>
void run(Call<T> q, bool backward);
// Random flags (count,).
void choose(uint64_t seed, int64_t count, int highest, uint8_t* out);

}  // namespace ostinato
