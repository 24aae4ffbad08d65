// The gates of the gated recurrent unit over one vector of units, forward and backward.
#pragma once
#include "unit.h"

namespace OSTINATO_SET {

template <class T>
struct GruCell {  // slots n, r, z, hn; torch's gates r, z, n
    static constexpr int kSlots = 4, kWide = 1, kX = 0, kXSlots = 3, kH = 1, kHSlots = 3;
    static constexpr bool kKeepsState = true, kHiddenBias = true, kSaves = false, kLate = false;
    static int gate(int slot) { return slot == 0 || slot == 3 ? 2 : slot - 1; }
    // Layer normalisation takes r and z together and n by itself.
    static constexpr int kOut = 0, kGroups = 2, kStateGroups = 2;
    static int input_group(int slot) { return slot == 0; }
    static int state_group(int slot) { return slot == 2; }
    OSTINATO_INLINE static Vec<T> forward(const Unit<T>& u) {
        constexpr int L = kLanes<T>;
        Vec<T> r = sigmoid<T>(load(u.gates + L)), z = sigmoid<T>(load(u.gates + 2 * L));
        Vec<T> n = hyperbolic_tangent(load(u.gates) + r * load(u.gates + 3 * L));
        Vec<T> h = load(u.state);
        h = n + z * (h - n);
        store(u.gates, n);
        store(u.gates + L, r);
        store(u.gates + 2 * L, z);
        store(u.state, h);
        return h;
    }
    // What is returned reaches the state before directly.
    OSTINATO_INLINE static Vec<T> backward(const Back<T>& u, Vec<T> dh) {
        constexpr int L = kLanes<T>;
        Vec<T> n = load(u.gates), r = load(u.gates + L), z = load(u.gates + 2 * L);
        Vec<T> hn = load(u.gates + 3 * L), before = load(u.prior);
        Vec<T> dn = dh * (T(1) - z) * (T(1) - n * n);
        store(u.d_gates, dn);
        store(u.d_gates + L, dn * hn * r * (T(1) - r));
        store(u.d_gates + 2 * L, dh * (before - n) * z * (T(1) - z));
        store(u.d_gates + 3 * L, dn * r);
        return dh * z;
    }
};

// The first variant (Cho et al. 2014): the reset gate acts on the state before its product.
template <class T>
struct GruBeforeCell {  // slots n, r, z; torch's gates r, z, n
    static constexpr int kSlots = 3, kWide = 1, kX = 0, kXSlots = 3, kH = 1, kHSlots = 2;
    static constexpr bool kKeepsState = true, kHiddenBias = false, kSaves = false, kLate = true;
    static int gate(int slot) { return slot == 0 ? 2 : slot - 1; }
    // Layer normalisation takes r and z together; n, and the late product, by themselves.
    static constexpr int kOut = 0, kGroups = 2, kStateGroups = 1;
    static int input_group(int slot) { return slot == 0; }
    static int state_group(int) { return 0; }
    // The state, let through by r, for the late product.
    OSTINATO_INLINE static Vec<T> reset(T* gates, Vec<T> entering) {
        constexpr int L = kLanes<T>;
        const Vec<T> r = sigmoid<T>(load(gates + L));
        store(gates + L, r);
        return r * entering;
    }
    OSTINATO_INLINE static Vec<T> forward(const Unit<T>& u) {
        constexpr int L = kLanes<T>;
        Vec<T> z = sigmoid<T>(load(u.gates + 2 * L)), n = hyperbolic_tangent(load(u.gates));
        Vec<T> h = load(u.state);
        h = n + z * (h - n);
        store(u.gates, n);
        store(u.gates + 2 * L, z);
        store(u.state, h);
        return h;
    }
    OSTINATO_INLINE static Vec<T> backward(const Back<T>& u, Vec<T> dh) {
        constexpr int L = kLanes<T>;
        Vec<T> n = load(u.gates), z = load(u.gates + 2 * L), before = load(u.prior);
        store(u.d_gates, dh * (T(1) - z) * (T(1) - n * n));
        store(u.d_gates + 2 * L, dh * (before - n) * z * (T(1) - z));
        return dh * z;
    }
    // From the gradient of what was let through: the reset gate's, and the entering state's.
    OSTINATO_INLINE static Vec<T> reset_backward(const T* gates, T* d_gates, Vec<T> entering, Vec<T> d) {
        constexpr int L = kLanes<T>;
        const Vec<T> r = load(gates + L);
        store(d_gates + L, d * entering * r * (T(1) - r));
        return d * r;
    }
};

}  // namespace OSTINATO_SET
