#include "dispatch.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <numeric>
#ifdef __linux__
#include <sys/mman.h>
#endif

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

// Asks for large pages behind a large array: first touches of small ones can cost more than the
// arithmetic on them. Advice only; nothing depends on it.
void advise(void* data, int64_t bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    constexpr uintptr_t page = 4096;
    if (!data || bytes < 8 << 20) return;
    const uintptr_t first = (reinterpret_cast<uintptr_t>(data) + page - 1) / page * page;
    const uintptr_t last = (reinterpret_cast<uintptr_t>(data) + uintptr_t(bytes)) / page * page;
    madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
#else
    (void)data, (void)bytes;
#endif
}

// Kept between calls, since cold pages double the time of a fresh workspace. A buffer grows to
// what was asked for most and each operating-system thread has its own.
struct Buffer {
    void* data = nullptr;
    size_t bytes = 0;
    ~Buffer() { std::free(data); }
    void* reserve(size_t wanted) {
        if (wanted > bytes) {
            std::free(data);
            bytes = (wanted + wanted / 8 + 4095) / 4096 * 4096;
            data = std::aligned_alloc(4096, bytes);
            if (!data) {
                bytes = 0;
                throw std::bad_alloc();
            }
            advise(data, int64_t(bytes));
        }
        return data;
    }
};
constexpr size_t kSlots = 18;  // of one thread
using Rooms = std::vector<Buffer>;
// Those of the thread that calls; the threads that work for it are given them.
void* rooms() {
    thread_local Rooms own(256 * kSlots);
    return &own;
}
void* workspace(void* rooms, int thread, int slot, size_t bytes) {
    return (*static_cast<Rooms*>(rooms))[size_t(thread) * kSlots + size_t(slot)].reserve(bytes);
}

struct Plan {
    std::vector<int64_t> lengths, rows, active, offset;
    std::vector<Share> shares;
    int64_t total;  // rows: sequences at steps
    Plan(const int64_t* given, int64_t batch, int64_t steps, int64_t threads)
        : lengths(size_t(batch), steps), shares(size_t(threads)) {
        if (given) lengths.assign(given, given + batch);
        std::vector<int64_t> order(lengths.size());
        std::iota(order.begin(), order.end(), 0);
        if (given)
            std::stable_sort(order.begin(), order.end(),
                             [&](int64_t a, int64_t b) { return lengths[size_t(a)] > lengths[size_t(b)]; });
        rows.reserve(order.size());
        active.resize(size_t(threads * steps));
        offset.resize(size_t(threads * (steps + 1)));
        int64_t first = 0;
        std::vector<int64_t> starts;
        for (int64_t i = 0; i < threads; ++i) {
            starts.push_back(int64_t(rows.size()));
            for (int64_t j = 0; j < batch; ++j) {  // snake order: 0 1 1 0 0 1 ...
                const int64_t lap = j / threads, place = j % threads;
                if ((lap % 2 ? threads - 1 - place : place) == i) rows.push_back(order[size_t(j)]);
            }
            const int64_t count = int64_t(rows.size()) - starts.back();
            int64_t running = count, sum = 0;
            for (int64_t s = 0; s < steps; ++s) {
                while (running && lengths[size_t(rows[size_t(starts.back() + running - 1)])] <= s) --running;
                active[size_t(i * steps + s)] = running;
                offset[size_t(i * (steps + 1) + s)] = sum;
                sum += running;
            }
            offset[size_t(i * (steps + 1) + steps)] = sum;
            shares[size_t(i)] = {nullptr, active.data() + i * steps,
                                 offset.data() + i * (steps + 1), count, first};
            first += sum;
        }
        total = first;
        for (int64_t i = 0; i < threads; ++i) shares[size_t(i)].rows = rows.data() + starts[size_t(i)];
    }
};

template <class T>
Call<T> call_of(const int64_t* f) {
    Call<T> q{};
    auto number = [&] { return *f++; };
    auto pointer = [&] { return reinterpret_cast<T*>(*f++); };
    q.cell = int(number());
    q.batch = number(), q.steps = number(), q.input = number(), q.hidden = number();
    q.x = pointer(), q.h0 = pointer(), q.c0 = pointer();
    q.w_ih = pointer(), q.w_hh = pointer(), q.b_ih = pointer(), q.b_hh = pointer();
    q.x_batch = number(), q.x_step = number();
    q.lengths = reinterpret_cast<const int64_t*>(*f++);
    q.resets = reinterpret_cast<const uint8_t*>(*f++);
    q.mask = pointer();
    q.reverse = number() != 0, q.keep = number() != 0;
    q.out = pointer(), q.h_n = pointer(), q.c_n = pointer();
    q.out_batch = number(), q.out_step = number();
    q.gates = pointer(), q.cells = pointer();
    q.threads = number();
    q.grad_out = pointer(), q.grad_h_n = pointer(), q.grad_c_n = pointer();
    q.grad_batch = number(), q.grad_step = number();
    q.grad_x = pointer(), q.grad_h0 = pointer(), q.grad_c0 = pointer();
    q.grad_w_ih = pointer(), q.grad_w_hh = pointer(), q.grad_b_ih = pointer(), q.grad_b_hh = pointer();
    q.grad_x_batch = number(), q.grad_x_step = number();
    q.zone_h = reinterpret_cast<const uint8_t*>(*f++);
    q.zone_c = reinterpret_cast<const uint8_t*>(*f++);
    q.rates = pointer(), q.peephole = pointer(), q.cell_sequence = pointer();
    q.grad_cell_sequence = pointer(), q.grad_peephole = pointer();
    q.gain_ih = pointer(), q.gain_hh = pointer(), q.gain_cell = pointer(), q.bias_cell = pointer();
    q.eps = pointer(), q.norm = pointer(), q.grad_gain_ih = pointer(), q.grad_gain_hh = pointer();
    q.grad_gain_cell = pointer(), q.grad_bias_cell = pointer();
    q.h_reset = pointer(), q.c_reset = pointer();
    q.grad_h_reset = pointer(), q.grad_c_reset = pointer();
    return q;
}

template <class T>
void run_as(const int64_t* fields, bool backward) {
    Call<T> q = call_of<T>(fields);
    const Table<T>& kernels = chosen().of<T>();
    const int64_t gates = kernels.gate_values(q.cell, q.hidden);
    q.threads = std::max<int64_t>(1, std::min<int64_t>(q.threads, 256));
    // With fewer sequences than threads they split the units, unless a step is over before the others
    // have been waited for; so they do where few rows would carry each thread through more weights
    // than a cache holds.
    const int64_t step = q.batch * gates * q.hidden, heavy = 2 << 20;
    const bool few = q.threads > q.batch && step >= 40'000;
    const bool split = few || (gates * q.hidden > heavy && q.batch < 48 * q.threads);
    q.team = split && !q.gain_ih ? q.threads : 1;
    q.threads = q.team > 1 ? 1 : std::min(q.threads, q.batch);
    const Plan plan(q.lengths, q.batch, q.steps, q.threads);
    q.lengths = plan.lengths.data();
    q.shares = plan.shares.data();
    q.workspace = workspace;
    q.rooms = rooms();
    const int64_t value = sizeof(T), dense = q.batch * q.steps * value;
    if (backward) {
        advise(q.grad_x, dense * q.input);
    } else {
        const int64_t saved = plan.total * value;
        advise(q.gates, saved * gates);
        advise(q.cells, saved * kernels.cell_values(q.cell, q.hidden));
        if (q.gain_ih) advise(q.norm, saved * kernels.norm_values(q.cell, q.hidden));
        advise(q.out, dense * q.hidden);
    }
    (backward ? kernels.backward : kernels.forward)(q);
}

}  // namespace

void run(int dtype_bytes, const int64_t* fields, bool backward) {
    (dtype_bytes == 4 ? run_as<float> : run_as<double>)(fields, backward);
}

void choose(uint64_t seed, int64_t count, int highest, uint8_t* out) {
    chosen().of_float.choose(seed, 0, count, highest, out);
}

template <class T>
Values<T> values(int64_t count) {
    const size_t bytes = (size_t(count) * sizeof(T) + 63) / 64 * 64;
    T* data = static_cast<T*>(std::aligned_alloc(64, bytes));
    if (!data) throw std::bad_alloc();
    return {data, std::free};
}

template <class T>
void Stack<T>::add(const Call<T>& given, T eps, T rate_h, T rate_c) {
    const int64_t count = kernels_.packed_values(given.cell, given.input, given.hidden);
    layers_.push_back({given, eps, rate_h, rate_c, values<T>(count)});
    kernels_.pack(given, layers_.back().packed.get());
}

template <class T>
void Stack<T>::step(int64_t batch, const T* x, const T* h, const T* c, T* h_out, T* c_out,
                    int64_t threads) const {
    for (const Layer& layer : layers_) {
        const Call<T>& of = layer.given;
        StepCall<T> q{of.cell, batch, of.input, of.hidden, std::min(threads, batch),
                      layer.packed.get(), x, h, c, h_out, c_out, of.peephole != nullptr,
                      of.gain_ih != nullptr, layer.rate_h, layer.rate_c, layer.eps, rooms(), workspace};
        kernels_.step(q);
        const int64_t size = batch * of.hidden;
        x = h_out;
        h += size, h_out += size;
        if (c) c += size, c_out += size;
    }
}
template <class T>
Linear<T>::Linear(int64_t inputs, int64_t outputs, const T* w, const T* bias)
    : kernels_(chosen().of<T>()),
      inputs_(inputs),
      outputs_(outputs),
      packed_(values<T>(kernels_.linear_values(inputs, outputs))) {
    kernels_.linear_pack(inputs, outputs, w, bias, packed_.get());
}

template <class T>
void Linear<T>::run(int64_t rows, const T* x, int64_t x_row, T* out, int64_t threads) const {
    const int64_t most = std::max<int64_t>(1, std::min<int64_t>(threads, 256));
    kernels_.linear({rows, inputs_, outputs_, x_row, most, packed_.get(), x, out, rooms(), workspace});
}
template class Linear<float>;
template class Linear<double>;
template class Stack<float>;
template class Stack<double>;

}  // namespace ostinato
