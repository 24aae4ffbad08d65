// Random calls of every kernel, compiled with the sanitizers or run under valgrind. Buffers
// are exactly as large as the kernels may touch, so that a read or write beyond one is an error.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "dispatch.h"

namespace {

std::mt19937 generator(7);

int64_t whole(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(generator);
}

template <class T>
std::vector<T> normal(int64_t count) {
    std::normal_distribution<T> draw(0, 1);
    std::vector<T> values;
    for (int64_t i = 0; i < count; ++i) values.push_back(draw(generator));
    return values;
}

template <class T>
void check(const std::vector<T>& values, const char* what) {
    for (const T value : values)
        if (!std::isfinite(value)) {
            std::printf("%s is not finite\n", what);
            std::exit(1);
        }
}

// One recurrence, forward and backward, with random sizes and options.
template <class T>
void recurrence() {
    const int cell = int(whole(0, 5));
    const bool lstm = cell == ostinato::kLstm || cell == ostinato::kLstmCoupled;
    const int64_t gates = cell < ostinato::kGru ? 1 : cell == ostinato::kLstm ? 4 : 3;
    const int64_t batch = whole(1, 9), steps = whole(1, 12), input = whole(1, 40), hidden = whole(1, 90);
    const int64_t states = batch * hidden, sequence = batch * steps * hidden;
    auto flags = [](int64_t count) {
        std::vector<uint8_t> bytes;
        for (int64_t i = 0; i < count; ++i) bytes.push_back(whole(0, 3) == 0);
        return bytes;
    };
    auto x = normal<T>(batch * steps * input), h0 = normal<T>(states), c0 = normal<T>(states);
    auto w_ih = normal<T>(gates * hidden * input), w_hh = normal<T>(gates * hidden * hidden);
    for (T& w : w_hh) w /= T(hidden);
    auto b_ih = normal<T>(gates * hidden), b_hh = normal<T>(gates * hidden), mask = normal<T>(states);
    auto peephole = normal<T>(3 * hidden), grad_out = normal<T>(sequence), grad_h = normal<T>(states);
    auto grad_c = normal<T>(states), grad_cells = normal<T>(sequence);
    auto h_reset = normal<T>(states), c_reset = normal<T>(states);
    std::vector<T> g_h_reset(h_reset.size(), NAN), g_c_reset(lstm ? c_reset.size() : 0, NAN);
    const bool normed = hidden > 1 && cell != ostinato::kGruBefore && whole(0, 1);
    auto gain_ih = normal<T>(gates * hidden), gain_hh = normal<T>(gates * hidden);
    auto gain_cell = normal<T>(hidden), bias_cell = normal<T>(hidden);
    std::vector<T> eps{T(1e-5)}, g_gain_ih(gain_ih.size(), NAN), g_gain_hh(gain_hh.size(), NAN);
    std::vector<T> g_gain_cell(lstm ? size_t(hidden) : 0, NAN), g_bias_cell(g_gain_cell);
    auto resets = flags(batch * steps), zone_h = flags(sequence), zone_c = flags(sequence);
    std::vector<int64_t> lengths;
    int64_t rows = 0;
    for (int64_t i = 0; i < batch; ++i) rows += lengths.emplace_back(whole(0, steps));
    const bool ragged = whole(0, 1), with_states = whole(0, 1), biased = whole(0, 1);
    if (!ragged) rows = batch * steps;
    const auto& table = ostinato::chosen().of<T>();
    std::vector<T> saved_gates(size_t(rows * table.gate_values(cell, hidden)));
    std::vector<T> saved_cells(size_t(rows * table.cell_values(cell, hidden)));
    std::vector<T> norm(normed ? size_t(rows * table.norm_values(cell, hidden)) : 0);
    std::vector<T> out(size_t(sequence), NAN), h_n(size_t(states), NAN), c_n(lstm ? size_t(states) : 0, NAN);
    std::vector<T> cells(lstm ? size_t(sequence) : 0, NAN), rates{T(0.2), T(0.3)};
    std::vector<T> grad_x(x.size(), NAN), grad_h0(h0.size(), NAN), grad_c0(lstm ? c0.size() : 0, NAN);
    std::vector<T> g_ih(w_ih.size(), NAN), g_hh(w_hh.size(), NAN), gb_ih(b_ih.size(), NAN), gb_hh(gb_ih);
    std::vector<T> g_peephole(lstm ? peephole.size() : 0, NAN);
    auto at = [](auto& values) { return int64_t(values.data()); };
    auto some = [&](auto& values) { return whole(0, 1) ? at(values) : 0; };
    const int64_t peepholes = lstm ? some(peephole) : 0, sequences = lstm ? some(cells) : 0;
    const int64_t zone = some(zone_h), zone_cell = lstm ? some(zone_c) : 0, rate = some(rates);
    std::vector<int64_t> fields{
        cell, batch, steps, input, hidden, at(x), with_states ? at(h0) : 0,
        with_states && lstm ? at(c0) : 0, at(w_ih), at(w_hh), biased ? at(b_ih) : 0,
        biased ? at(b_hh) : 0, steps * input, input, ragged ? at(lengths) : 0, some(resets),
        some(mask), whole(0, 1), 1, at(out), at(h_n), lstm ? at(c_n) : 0, steps * hidden, hidden,
        at(saved_gates), at(saved_cells), whole(1, 3)};
    const size_t forward_fields = fields.size();
    fields.resize(ostinato::kFields);
    std::vector<int64_t> tail{zone, zone_cell, rate, peepholes, sequences, 0, 0};
    if (normed)
        tail.insert(tail.end(), {at(gain_ih), at(gain_hh), at(gain_cell), at(bias_cell), at(eps), at(norm)});
    const auto options = fields.begin() + int64_t(forward_fields) + 14;
    std::copy(tail.begin(), tail.end(), options);
    const auto starts = fields.end() - 4;
    starts[0] = some(h_reset), starts[1] = lstm ? some(c_reset) : 0;
    ostinato::run(sizeof(T), fields.data(), false);
    check(out, "out"), check(h_n, "h_n"), check(c_n, "c_n");
    if (sequences) check(cells, "cells");
    const std::vector<int64_t> back{
        some(grad_out), at(grad_h), lstm ? at(grad_c) : 0, steps * hidden, hidden, at(grad_x),
        with_states ? at(grad_h0) : 0, with_states && lstm ? at(grad_c0) : 0, at(g_ih), at(g_hh),
        biased ? at(gb_ih) : 0, biased ? at(gb_hh) : 0, steps * input, input};
    std::copy(back.begin(), back.end(), fields.begin() + int64_t(forward_fields));
    starts[2] = at(g_h_reset), starts[3] = lstm ? at(g_c_reset) : 0;
    options[4] = 0;
    options[5] = sequences ? at(grad_cells) : 0;
    options[6] = peepholes ? at(g_peephole) : 0;
    if (normed) options[13] = at(g_gain_ih), options[14] = at(g_gain_hh);
    if (normed && lstm) options[15] = at(g_gain_cell), options[16] = at(g_bias_cell);
    ostinato::run(sizeof(T), fields.data(), true);
    check(grad_x, "grad_x"), check(g_ih, "grad_w_ih"), check(g_hh, "grad_w_hh");
    if (with_states) check(grad_h0, "grad_h0");
    if (with_states) check(grad_c0, "grad_c0");
    check(g_h_reset, "grad_h_reset"), check(g_c_reset, "grad_c_reset");
    if (biased) check(gb_ih, "grad_b_ih"), check(gb_hh, "grad_b_hh");
    if (peepholes) check(g_peephole, "grad_peephole");
    if (normed) check(g_gain_ih, "grad_gain_ih"), check(g_gain_hh, "grad_gain_hh");
    if (normed) check(g_gain_cell, "grad_gain_cell"), check(g_bias_cell, "grad_bias_cell");
}

// A stack of layers stepped, and a linear map.
template <class T>
void packed() {
    const int64_t batch = whole(1, 9), input = whole(1, 40), hidden = whole(1, 70), layers = whole(1, 3);
    const int cell = int(whole(0, 5));
    const int64_t gates = cell < ostinato::kGru ? 1 : cell == ostinato::kLstm ? 4 : 3;
    const bool normed = hidden > 1 && cell != ostinato::kGruBefore && whole(0, 1);
    ostinato::Stack<T> stack;
    for (int64_t k = 0; k < layers; ++k) {
        const int64_t size = k ? hidden : input;
        auto w_ih = normal<T>(gates * hidden * size), w_hh = normal<T>(gates * hidden * hidden);
        auto bias = normal<T>(gates * hidden);
        auto peephole = normal<T>(3 * hidden), gain = normal<T>(gates * hidden);
        ostinato::Call<T> q{};
        q.cell = cell, q.input = size, q.hidden = hidden;
        q.w_ih = w_ih.data(), q.w_hh = w_hh.data(), q.b_ih = bias.data();
        if (whole(0, 1)) q.peephole = peephole.data();
        if (normed) q.gain_ih = q.gain_hh = gain.data(), q.gain_cell = q.bias_cell = peephole.data();
        stack.add(q, T(1e-5), whole(0, 1) ? T(0.2) : T(0), whole(0, 1) ? T(0.3) : T(0));
    }
    auto x = normal<T>(batch * input), h = normal<T>(layers * batch * hidden), c = h;
    std::vector<T> h_new(h.size(), NAN), c_new(h.size(), T(0));
    const bool lstm = cell == ostinato::kLstm || cell == ostinato::kLstmCoupled;
    stack.step(batch, x.data(), h.data(), lstm ? c.data() : nullptr, h_new.data(),
               lstm ? c_new.data() : nullptr, whole(1, 3));
    check(h_new, "h of a step"), check(c_new, "c of a step");

    const int64_t outputs = whole(1, 200), rows = whole(1, 250);
    auto w = normal<T>(outputs * input), bias = normal<T>(outputs), values = normal<T>(rows * input);
    std::vector<T> out(size_t(rows * outputs), NAN);
    ostinato::Linear<T>(input, outputs, w.data(), bias.data())
        .run(rows, values.data(), input, out.data(), whole(1, 3));
    check(out, "a linear map");
}

}  // namespace

// driver [CALLS]: how many calls of each kind, for each instruction set.
int main(int count, char** words) {
    const int calls = count > 1 ? std::atoi(words[1]) : 150;
    for (const auto& set : ostinato::available()) {
        ostinato::choose(set.name);
        for (int i = 0; i < calls; ++i) {
            recurrence<float>(), recurrence<double>();
            packed<float>(), packed<double>();
        }
        std::printf("%s: clean\n", set.name);
    }
}
