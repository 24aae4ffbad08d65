#include "dispatch.h"

#include <cstring>
#include <stdexcept>
#include <string>

#include "plan.h"
#include "workspace.h"

namespace ostinato {

#define OSTINATO_DECLARE(set) \
    }                         \
    namespace set {           \
    template <class T>        \
    ostinato::Table<T> table(); \
    }                         \
    namespace ostinato {
#define OSTINATO_KERNELS(set, bytes) \
    Kernels { #set, bytes, set::table<float>(), set::table<double>() }

OSTINATO_DECLARE(baseline)
#ifdef OSTINATO_X86
OSTINATO_DECLARE(avx2)
OSTINATO_DECLARE(avx512)
#endif

const std::vector<Kernels>& available() {
    static const std::vector<Kernels> sets = [] {
        std::vector<Kernels> found;
#ifdef OSTINATO_X86
        __builtin_cpu_init();
        const bool avx2_runs = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                               __builtin_cpu_supports("bmi2");
        if (avx2_runs && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
            __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
            __builtin_cpu_supports("avx512cd"))
            found.push_back(OSTINATO_KERNELS(avx512, 64));
        if (avx2_runs) found.push_back(OSTINATO_KERNELS(avx2, 32));
#endif
        found.push_back(OSTINATO_KERNELS(baseline, 16));
        return found;
    }();
    return sets;
}

static const Kernels*& current() {
    static const Kernels* kernels = &available().front();
    return kernels;
}
const Kernels& chosen() { return *current(); }
bool choose(const char* name) {
    for (const Kernels& each : available())
        if (!std::strcmp(each.name, name)) {
            current() = &each;
            return true;
        }
    return false;
}

namespace {

void demand(const void* array, const char* name) {
    if (!array) throw std::invalid_argument(std::string("a kernel's call: it needs ") + name);
}
template <class T>
void check(const Call<T>& q, int64_t total, bool backward) {
    const bool lstm = q.cell == kLstm || q.cell == kLstmCoupled;
    demand(q.x, "x"), demand(q.w_ih, "w_ih"), demand(q.w_hh, "w_hh");
    demand(q.out, "out");
    if (!backward) demand(q.h_n, "h_n");
    if (!backward && lstm) demand(q.c_n, "c_n");
    const bool saves = q.keep && total;
    const Saved each = chosen().of<T>().saved(q);
    if (saves && each.gates) demand(q.gates, "gates");
    if (saves && each.cells) demand(q.cells, "cells");
    if (saves && each.outputs) demand(q.outputs, "outputs");
    if (q.w_hr && !lstm) throw std::invalid_argument("a kernel's call: w_hr is for LSTM");
    if (!q.gain_ih) return;
    demand(q.gain_hh, "gain_hh");
    if (lstm) demand(q.gain_cell, "gain_cell"), demand(q.bias_cell, "bias_cell");
    if (saves) demand(q.norm, "norm");
}

}  // namespace

template <class T>
void run(Call<T> q, bool backward) {
    if (backward && !q.keep) throw std::invalid_argument("backward: the forward call kept nothing");
    const Table<T>& kernels = chosen().of<T>();
    const Saved each = kernels.saved(q);
    const int64_t gates = each.panel;
    q.threads = usable_threads(q.threads, kMostThreads);
    // With fewer sequences than threads they split the units, unless a step is over before the others
    // have been waited for; so they do where few rows would carry each thread through more weights
    // than a cache holds.
    const int64_t step = q.batch * gates * q.hidden, heavy = 2 << 20;
    const bool few = q.threads > q.batch && step >= 40'000;
    const bool split = few || (gates * q.hidden > heavy && q.batch < 48 * q.threads);
    q.team = split && !q.gain_ih && !q.w_hr ? q.threads : 1;
    q.threads = q.team > 1 ? 1 : usable_threads(q.threads, q.batch);
    const Plan plan(q.lengths, q.batch, q.steps, q.threads);
    check(q, plan.total, backward);
    q.lengths = plan.lengths.data();
    q.shares = plan.shares.data();
    q.workspace = workspace;
    q.rooms = rooms();
    const int64_t value = sizeof(T), dense = q.batch * q.steps * value;
    if (backward) {
        advise(q.grad_x, dense * q.input);
    } else {
        const int64_t saved = plan.total * value;
        advise(q.gates, saved * each.gates);
        advise(q.cells, saved * each.cells);
        advise(q.norm, saved * each.norm);
        advise(q.outputs, saved * each.outputs);
        advise(q.out, dense * q.state);
    }
    (backward ? kernels.backward : kernels.forward)(q);
}
template void run(Call<float>, bool);
template void run(Call<double>, bool);

void choose(uint64_t seed, int64_t count, int highest, uint8_t* out) {
    chosen().of_float.choose(seed, 0, count, highest, out);
}

}  // namespace ostinato
