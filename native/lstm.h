// The gates of long short-term memory over one vector of units, forward and backward.
#pragma once
#include "unit.h"

namespace OSTINATO_SET {

template <class T>
struct LstmCell {  // slots and gates i, f, g, o
    static constexpr int kSlots = 4, kWide = 1, kX = 0, kXSlots = 4, kH = 0, kHSlots = 4;
    static constexpr bool kKeepsState = true, kHiddenBias = false, kSaves = true;
    static int gate(int slot) { return slot; }
    OSTINATO_INLINE static Vec<T> forward(const Unit<T>& u) {
        constexpr int L = kLanes<T>;
        Vec<T> i = sigmoid<T>(load(u.gates)), f = sigmoid<T>(load(u.gates + L));
        Vec<T> g = hyperbolic_tangent(load(u.gates + 2 * L)), o = sigmoid<T>(load(u.gates + 3 * L));
        Vec<T> c = f * load(u.state) + i * g;
        store(u.gates, i);
        store(u.gates + L, f);
        store(u.gates + 2 * L, g);
        store(u.gates + 3 * L, o);
        store(u.state, c);
        if (u.saved) store(u.saved, c);
        return o * hyperbolic_tangent(c);
    }
    // `state` holds the gradient of c here.
    OSTINATO_INLINE static Vec<T> backward(const Unit<T>& u, Vec<T> dh) {
        constexpr int L = kLanes<T>;
        Vec<T> i = load(u.gates), f = load(u.gates + L), g = load(u.gates + 2 * L);
        Vec<T> o = load(u.gates + 3 * L), t = hyperbolic_tangent(load(u.saved));
        Vec<T> dc = load(u.state) + dh * o * (T(1) - t * t);
        store(u.gates, dc * g * i * (T(1) - i));
        store(u.gates + L, dc * load(u.prior) * f * (T(1) - f));
        store(u.gates + 2 * L, dc * i * (T(1) - g * g));
        store(u.gates + 3 * L, dh * t * o * (T(1) - o));
        store(u.state, dc * f);
        return Vec<T>{};
    }
};

}  // namespace OSTINATO_SET
