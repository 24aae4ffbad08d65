// The gates of long short-term memory over one vector of units, forward and backward.
#pragma once
#include "unit.h"

namespace OSTINATO_SET {

// Slots and gates are i, f, g, o; coupled (Greff et al. 2017) f is 1 - i and has none.
template <class T, bool coupled = false>
struct LstmCell {
    static constexpr int kSlots = coupled ? 3 : 4, kWide = 1, kX = 0, kXSlots = kSlots, kH = 0;
    static constexpr int kHSlots = kSlots, kOut = coupled ? 2 : 3, G = coupled ? 1 : 2, O = G + 1;
    static constexpr bool kKeepsState = true, kHiddenBias = false, kSaves = true, kLate = false;
    static int gate(int slot) { return slot; }
    static constexpr int kGroups = 1, kStateGroups = 1;
    static int input_group(int) { return 0; }
    static int state_group(int) { return 0; }
    OSTINATO_INLINE static Vec<T> forward(const Unit<T>& u) {
        constexpr int L = kLanes<T>;
        Vec<T> before = load(u.state), i = load(u.gates), f{};
        if (u.peephole) i += load(u.peephole) * before;
        i = sigmoid<T>(i);
        if constexpr (coupled) {
            f = T(1) - i;
        } else {
            f = load(u.gates + L);
            if (u.peephole) f += load(u.peephole + u.peephole_row) * before;
            f = sigmoid<T>(f);
            store(u.gates + L, f);
        }
        Vec<T> g = hyperbolic_tangent(load(u.gates + G * L)), o = load(u.gates + O * L);
        Vec<T> c = f * before + i * g;
        if (u.peephole) o += load(u.peephole + 2 * u.peephole_row) * c;
        o = sigmoid<T>(o);
        store(u.gates, i);
        store(u.gates + G * L, g);
        store(u.gates + O * L, o);
        store(u.state, c);
        if (u.saved) store(u.saved, c);
        return o * hyperbolic_tangent(c);
    }
    OSTINATO_INLINE static Vec<T> backward(const Back<T>& u, Vec<T> dh) {
        constexpr int L = kLanes<T>;
        Vec<T> i = load(u.gates), g = load(u.gates + G * L), o = load(u.gates + O * L);
        Vec<T> before = load(u.prior), f{};
        if constexpr (coupled) {
            f = T(1) - i;
        } else {
            f = load(u.gates + L);
        }
        Vec<T> c = u.zoned ? f * before + i * g : load(u.saved);
        Vec<T> t = u.seen ? load(u.seen) : hyperbolic_tangent(c);
        Vec<T> d_o = dh * t * o * (T(1) - o), dc = load(u.d_state);
        dc += u.seen ? load(u.d_seen) : dh * o * (T(1) - t * t);
        if (u.peephole) dc += d_o * load(u.peephole + 2 * u.peephole_row);
        Vec<T> d_i = dc * (coupled ? g - before : g) * i * (T(1) - i), passed = dc * f, d_f{};
        if constexpr (!coupled) {
            d_f = dc * before * f * (T(1) - f);
            store(u.d_gates + L, d_f);
        }
        store(u.d_gates, d_i);
        store(u.d_gates + G * L, dc * i * (T(1) - g * g));
        store(u.d_gates + O * L, d_o);
        if (u.peephole) {
            T *p = u.grad_peephole, *p_f = p + u.peephole_row, *p_o = p_f + u.peephole_row;
            passed += d_i * load(u.peephole);
            if constexpr (!coupled) passed += d_f * load(u.peephole + u.peephole_row);
            store(p, load(p) + d_i * before);
            if constexpr (!coupled) store(p_f, load(p_f) + d_f * before);
            store(p_o, load(p_o) + d_o * c);
        }
        store(u.d_state, passed);
        return Vec<T>{};
    }
};

}  // namespace OSTINATO_SET
