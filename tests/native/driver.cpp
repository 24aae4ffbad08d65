// Random calls of every kernel, compiled with the sanitizers or run under valgrind. Buffers
// are exactly as large as the kernels may touch, so that a read or write beyond one is an error.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "dispatch.h"
#include "packed.h"

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
    const bool projected = lstm && whole(0, 2) == 0;
    const int64_t state = projected ? whole(1, hidden) : hidden;
    const int64_t states = batch * state, cell_states = batch * hidden;
    const int64_t sequence = batch * steps * state, cell_sequence = batch * steps * hidden;
    auto flags = [](int64_t count) {
        std::vector<uint8_t> bytes;
        for (int64_t i = 0; i < count; ++i) bytes.push_back(whole(0, 3) == 0);
        return bytes;
    };
    auto x = normal<T>(batch * steps * input), h0 = normal<T>(states), c0 = normal<T>(cell_states);
    auto w_ih = normal<T>(gates * hidden * input), w_hh = normal<T>(gates * hidden * state);
    auto w_hr = normal<T>(projected ? state * hidden : 0);
    std::vector<T> g_hr(w_hr.size(), NAN);
    for (T& w : w_hh) w /= T(hidden);
    auto b_ih = normal<T>(gates * hidden), b_hh = normal<T>(gates * hidden), mask = normal<T>(states);
    auto peephole = normal<T>(3 * hidden), grad_out = normal<T>(sequence), grad_h = normal<T>(states);
    auto grad_c = normal<T>(cell_states), grad_cells = normal<T>(cell_sequence);
    auto h_reset = normal<T>(states), c_reset = normal<T>(cell_states);
    std::vector<T> g_h_reset(h_reset.size(), NAN), g_c_reset(lstm ? c_reset.size() : 0, NAN);
    const bool normed = hidden > 1 && whole(0, 1);
    auto gain_ih = normal<T>(gates * hidden), gain_hh = normal<T>(gates * hidden);
    auto gain_cell = normal<T>(hidden), bias_cell = normal<T>(hidden);
    std::vector<T> g_gain_ih(gain_ih.size(), NAN), g_gain_hh(gain_hh.size(), NAN);
    std::vector<T> g_gain_cell(lstm ? size_t(hidden) : 0, NAN), g_bias_cell(g_gain_cell);
    auto resets = flags(batch * steps), zone_h = flags(sequence), zone_c = flags(cell_sequence);
    std::vector<int64_t> lengths;
    int64_t rows = 0;
    for (int64_t i = 0; i < batch; ++i) rows += lengths.emplace_back(whole(0, steps));
    const bool ragged = whole(0, 1), with_states = whole(0, 1), biased = whole(0, 1);
    if (!ragged) rows = batch * steps;
    std::vector<T> out(size_t(sequence), NAN), h_n(size_t(states), NAN), c_n(lstm ? size_t(cell_states) : 0, NAN);
    std::vector<T> cells(lstm ? size_t(cell_sequence) : 0, NAN);
    std::vector<T> grad_x(x.size(), NAN), grad_h0(h0.size(), NAN), grad_c0(lstm ? c0.size() : 0, NAN);
    std::vector<T> g_ih(w_ih.size(), NAN), g_hh(w_hh.size(), NAN), gb_ih(b_ih.size(), NAN), gb_hh(gb_ih);
    std::vector<T> g_peephole(lstm ? peephole.size() : 0, NAN);
    auto some = [](auto& values) { return whole(0, 1) ? values.data() : nullptr; };
    ostinato::Call<T> q{};
    q.cell = cell, q.batch = batch, q.steps = steps, q.input = input, q.hidden = hidden;
    q.state = state;
    if (projected) q.w_hr = w_hr.data();
    q.x = x.data(), q.x_batch = steps * input, q.x_step = input;
    if (with_states) q.h0 = h0.data();
    if (with_states && lstm) q.c0 = c0.data();
    q.w_ih = w_ih.data(), q.w_hh = w_hh.data();
    if (biased) q.b_ih = b_ih.data(), q.b_hh = b_hh.data();
    if (ragged) q.lengths = lengths.data();
    q.resets = some(resets), q.recurrent_mask = some(mask), q.h_reset = some(h_reset);
    if (lstm) q.c_reset = some(c_reset);
    q.reverse = whole(0, 1), q.keep = true, q.threads = whole(1, 3);
    q.out = out.data(), q.out_batch = steps * state, q.out_step = state, q.h_n = h_n.data();
    q.zoneout = some(zone_h);
    if (whole(0, 1)) q.zoneout_rate = 0.2, q.zoneout_cell_rate = 0.3;
    if (lstm) {
        q.c_n = c_n.data();
        q.zoneout_cell = some(zone_c), q.peephole = some(peephole), q.cell_sequence = some(cells);
    }
    if (normed) {
        q.gain_ih = gain_ih.data(), q.gain_hh = gain_hh.data(), q.eps = 1e-5;
        if (lstm) q.gain_cell = gain_cell.data(), q.bias_cell = bias_cell.data();
    }
    const auto each = ostinato::chosen().of<T>().saved(q);
    std::vector<T> gates_kept(size_t(rows * each.gates)), cells_kept(size_t(rows * each.cells));
    std::vector<T> norm_kept(size_t(rows * each.norm)), outputs_kept(size_t(rows * each.outputs));
    q.gates = each.gates ? gates_kept.data() : nullptr, q.cells = cells_kept.data();
    q.norm = norm_kept.data(), q.outputs = outputs_kept.data();
    const bool peepholes = q.peephole, sequences = q.cell_sequence;
    ostinato::run(q, false);
    check(out, "out"), check(h_n, "h_n"), check(c_n, "c_n");
    if (sequences) check(cells, "cells");
    q.grad_out = some(grad_out), q.grad_out_batch = steps * state, q.grad_out_step = state;
    q.grad_h_n = grad_h.data(), q.grad_x = grad_x.data();
    if (with_states) q.grad_h0 = grad_h0.data();
    q.grad_h_reset = g_h_reset.data(), q.grad_w_ih = g_ih.data(), q.grad_w_hh = g_hh.data();
    if (projected) q.grad_w_hr = g_hr.data();
    if (biased) q.grad_b_ih = gb_ih.data(), q.grad_b_hh = gb_hh.data();
    if (lstm) {
        q.grad_c_n = grad_c.data(), q.grad_c_reset = g_c_reset.data();
        if (with_states) q.grad_c0 = grad_c0.data();
        if (sequences) q.grad_cell_sequence = grad_cells.data();
        if (peepholes) q.grad_peephole = g_peephole.data();
    }
    if (normed) q.grad_gain_ih = g_gain_ih.data(), q.grad_gain_hh = g_gain_hh.data();
    if (normed && lstm) q.grad_gain_cell = g_gain_cell.data(), q.grad_bias_cell = g_bias_cell.data();
    ostinato::run(q, true);
    check(g_hr, "grad_w_hr"), check(grad_x, "grad_x"), check(g_ih, "grad_w_ih"), check(g_hh, "grad_w_hh");
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
    const bool normed = hidden > 1 && whole(0, 1);
    const bool lstm = cell == ostinato::kLstm || cell == ostinato::kLstmCoupled;
    const bool projected = lstm && whole(0, 1);
    const int64_t state = projected ? whole(1, hidden) : hidden;
    std::vector<ostinato::Call<T>> given;
    std::vector<std::vector<T>> kept;  // what the addresses lead to
    auto made = [&](int64_t count) { return kept.emplace_back(normal<T>(count)).data(); };
    for (int64_t k = 0; k < layers; ++k) {
        const int64_t size = k ? state : input, rows = gates * hidden;
        auto& q = given.emplace_back();
        q.cell = cell, q.input = size, q.hidden = hidden, q.state = state, q.eps = 1e-5;
        if (projected) q.w_hr = made(state * hidden);
        q.w_ih = made(rows * size), q.w_hh = made(rows * state), q.b_ih = made(rows);
        if (whole(0, 1)) q.peephole = made(3 * hidden);
        if (normed) {
            q.gain_ih = made(rows), q.gain_hh = made(rows);
            q.gain_cell = made(hidden), q.bias_cell = made(hidden);
        }
        q.zoneout_rate = whole(0, 1) ? 0.2 : 0, q.zoneout_cell_rate = whole(0, 1) ? 0.3 : 0;
    }
    const ostinato::Stack<T> stack(given);
    if (!stack.same(given)) std::puts("a stack is not the same as itself"), std::exit(1);
    kept.back().back() += 1;
    if (stack.same(given)) std::puts("a changed weight went unseen"), std::exit(1);
    auto x = normal<T>(batch * input), h = normal<T>(layers * batch * state);
    auto c = normal<T>(layers * batch * hidden);
    std::vector<T> h_new(h.size(), NAN), c_new(c.size(), T(0));
    stack.step(batch, x.data(), h.data(), lstm ? c.data() : nullptr, h_new.data(),
               lstm ? c_new.data() : nullptr, whole(0, 1) ? 1000 : whole(1, 3));
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
