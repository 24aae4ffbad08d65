// The gates of the plain recurrent cell over one vector of units, forward and backward.
#pragma once
#include "unit.h"

namespace OSTINATO_SET {

template <class T, bool relu>
struct RnnCell {
    static constexpr int kSlots = 1, kWide = 2, kX = 0, kXSlots = 1, kH = 0, kHSlots = 1;
    static constexpr bool kKeepsState = false, kHiddenBias = false, kSaves = false, kLate = false;
    static int gate(int) { return 0; }
    static constexpr int kOut = 0, kGroups = 1, kStateGroups = 1;
    static int input_group(int) { return 0; }
    static int state_group(int) { return 0; }
    OSTINATO_INLINE static Vec<T> forward(const Unit<T>& u) {
        Vec<T> a = load(u.gates);
        Vec<T> h = relu ? (a < T(0) ? Vec<T>{} : a) : hyperbolic_tangent(a);
        store(u.gates, h);
        return h;
    }
    OSTINATO_INLINE static Vec<T> backward(const Back<T>& u, Vec<T> dh) {
        Vec<T> h = load(u.gates);
        store(u.d_gates, relu ? (h <= T(0) ? Vec<T>{} : dh) : dh * (T(1) - h * h));
        return Vec<T>{};
    }
};

}  // namespace OSTINATO_SET
