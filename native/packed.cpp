#include "packed.h"

#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "dispatch.h"
#include "workspace.h"

namespace ostinato {

namespace {

template <class T>
Values<T> values(int64_t count) {
    const size_t bytes = (size_t(count) * sizeof(T) + 63) / 64 * 64;
    T* data = static_cast<T*>(std::aligned_alloc(64, bytes));
    if (!data) throw std::bad_alloc();
    return {data, std::free};
}

bool is_lstm(int64_t cell) { return cell == kLstm || cell == kLstmCoupled; }

int64_t gates_of(int64_t cell) {
    switch (cell) {
        case kLstm: return 4;
        case kLstmCoupled:
        case kGru:
        case kGruBefore: return 3;
        default: return 1;
    }
}

// A layer's weights and how many values each has.
template <class T>
std::vector<std::pair<const T*, int64_t>> weights_of(const Call<T>& q) {
    const int64_t rows = gates_of(q.cell) * q.hidden;
    return {{q.w_ih, rows * q.input},   {q.w_hh, rows * q.state}, {q.b_ih, rows},
            {q.b_hh, rows},             {q.peephole, 3 * q.hidden}, {q.gain_ih, rows},
            {q.gain_hh, rows},          {q.gain_cell, q.hidden},   {q.bias_cell, q.hidden},
            {q.w_hr, q.state * q.hidden}};
}

}  // namespace

template <class T>
void Snapshot<T>::keep(const T* values, int64_t count) {
    arrays_.push_back({values != nullptr, {}});
    if (values) arrays_.back().values.assign(values, values + count);
}
template <class T>
bool Snapshot<T>::same(const std::vector<const T*>& now) const {
    if (now.size() != arrays_.size()) return false;
    for (size_t k = 0; k < now.size(); ++k)
        if ((now[k] != nullptr) != arrays_[k].given) return false;
    for (size_t k = 0; k < now.size(); ++k) {
        const std::vector<T>& kept = arrays_[k].values;
        if (now[k] && std::memcmp(now[k], kept.data(), kept.size() * sizeof(T))) return false;
    }
    return true;
}

template <class T>
Stack<T>::Stack(const std::vector<Call<T>>& layers) : kernels_(chosen().of<T>()) {
    for (const Call<T>& given : layers) {
        const int64_t count = kernels_.packed_values(given);
        layers_.push_back({given, values<T>(count), {}});
        kernels_.pack(given, layers_.back().packed.get());
        for (const auto& [from, size] : weights_of(given)) layers_.back().weights.keep(from, size);
    }
}
template <class T>
bool Stack<T>::same(const std::vector<Call<T>>& layers) const {
    if (layers.size() != layers_.size()) return false;
    for (size_t k = 0; k < layers.size(); ++k) {
        const Call<T>&now = layers[k], &then = layers_[k].given;
        if (now.cell != then.cell || now.input != then.input || now.hidden != then.hidden ||
            now.state != then.state ||
            now.eps != then.eps || now.zoneout_rate != then.zoneout_rate ||
            now.zoneout_cell_rate != then.zoneout_cell_rate)
            return false;
        std::vector<const T*> arrays;
        for (const auto& weight : weights_of(now)) arrays.push_back(weight.first);
        if (!layers_[k].weights.same(arrays)) return false;
    }
    return true;
}
template <class T>
bool Stack<T>::has_cells() const {
    return is_lstm(layers_.front().given.cell);
}

template <class T>
void Stack<T>::step(int64_t batch, const T* x, const T* h, const T* c, T* h_out, T* c_out,
                    int64_t threads) const {
    for (const Layer& layer : layers_) {
        const Call<T>& of = layer.given;
        StepCall<T> q{};
        q.cell = of.cell, q.batch = batch, q.input = of.input, q.hidden = of.hidden;
        q.state = of.state, q.projected = of.w_hr != nullptr;
        q.threads = usable_threads(threads, batch);
        q.pack = layer.packed.get(), q.x = x;
        q.h = h, q.c = c, q.h_out = h_out, q.c_out = c_out;
        q.peephole = of.peephole != nullptr, q.norm = of.gain_ih != nullptr;
        q.rate_h = T(of.zoneout_rate), q.rate_c = T(of.zoneout_cell_rate), q.eps = T(of.eps);
        q.rooms = rooms(), q.workspace = workspace;
        kernels_.step(q);
        x = h_out;
        h += batch * of.state, h_out += batch * of.state;
        if (c) c += batch * of.hidden, c_out += batch * of.hidden;
    }
}

template <class T>
Linear<T>::Linear(int64_t inputs, int64_t outputs, const T* weight, const T* bias)
    : kernels_(chosen().of<T>()),
      inputs_(inputs),
      outputs_(outputs),
      packed_(values<T>(kernels_.linear_values(inputs, outputs))) {
    kernels_.linear_pack(inputs, outputs, weight, bias, packed_.get());
    weights_.keep(weight, inputs * outputs), weights_.keep(bias, outputs);
}
template <class T>
bool Linear<T>::same(const T* weight, const T* bias) const {
    return weights_.same({weight, bias});
}
template <class T>
void Linear<T>::run(int64_t rows, const T* x, int64_t x_row, T* out, int64_t threads) const {
    LinearCall<T> q{};
    q.rows = rows, q.inputs = inputs_, q.outputs = outputs_;
    q.threads = usable_threads(threads, kMostThreads);
    q.pack = packed_.get(), q.x = x, q.x_row = x_row, q.out = out;
    q.rooms = rooms(), q.workspace = workspace;
    kernels_.linear(q);
}
template class Linear<float>;
template class Linear<double>;
template class Stack<float>;
template class Stack<double>;

}  // namespace ostinato
