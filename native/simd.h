// Vectors of one instruction set's width in compiler extensions, and the functions of gates.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>
#ifdef __AVX512F__
#include <immintrin.h>
#endif

#ifndef OSTINATO_VECTOR_BYTES
#error "build each kernel file with the vector width of its instruction set"
#endif
#define OSTINATO_INLINE inline __attribute__((always_inline))

namespace OSTINATO_SET {

template <class T>
struct Vector;
template <>
struct Vector<float> {
    typedef float type __attribute__((vector_size(OSTINATO_VECTOR_BYTES)));
    typedef int32_t whole __attribute__((vector_size(OSTINATO_VECTOR_BYTES)));
};
template <>
struct Vector<double> {
    typedef double type __attribute__((vector_size(OSTINATO_VECTOR_BYTES)));
    typedef int64_t whole __attribute__((vector_size(OSTINATO_VECTOR_BYTES)));
};
template <class T>
using Vec = typename Vector<T>::type;
template <class T>
constexpr int kLanes = OSTINATO_VECTOR_BYTES / int(sizeof(T));

template <class T>
OSTINATO_INLINE Vec<T> load(const T* from) {
    Vec<T> v;
    std::memcpy(&v, from, sizeof v);
    return v;
}
template <class T>
OSTINATO_INLINE void store(T* to, Vec<T> v) {
    std::memcpy(to, &v, sizeof v);
}
template <class T>
OSTINATO_INLINE Vec<T> splat(T value) {
    return Vec<T>{} + value;
}
// The first `n` lanes, zeros after them; `n` may exceed the width. The masked instructions of a set,
// where it has them, take one cycle: copies of a few bytes take dozens.
#if defined(__AVX512F__) && OSTINATO_VECTOR_BYTES == 64
template <class T>
OSTINATO_INLINE Vec<T> load_some(const T* from, int64_t n) {
    if (n >= kLanes<T>) return load(from);
    const unsigned lanes = n > 0 ? (1u << n) - 1 : 0;
    if constexpr (sizeof(T) == 4)
        return Vec<T>(_mm512_maskz_loadu_ps(__mmask16(lanes), from));
    else
        return Vec<T>(_mm512_maskz_loadu_pd(__mmask8(lanes), from));
}
template <class T>
OSTINATO_INLINE void store_some(T* to, Vec<T> v, int64_t n) {
    if (n >= kLanes<T>) {
        store(to, v);
        return;
    }
    const unsigned lanes = n > 0 ? (1u << n) - 1 : 0;
    if constexpr (sizeof(T) == 4)
        _mm512_mask_storeu_ps(to, __mmask16(lanes), __m512(v));
    else
        _mm512_mask_storeu_pd(to, __mmask8(lanes), __m512d(v));
}
#else
template <class T>
OSTINATO_INLINE Vec<T> load_some(const T* from, int64_t n) {
    if (n >= kLanes<T>) return load(from);
    Vec<T> v{};
    if (n > 0) std::memcpy(&v, from, size_t(n) * sizeof(T));
    return v;
}
template <class T>
OSTINATO_INLINE void store_some(T* to, Vec<T> v, int64_t n) {
    if (n >= kLanes<T>) {
        store(to, v);
    } else if (n > 0) {
        std::memcpy(to, &v, size_t(n) * sizeof(T));
    }
}
#endif

// Asks for `n` values that will be wanted soon; they may lie anywhere.
template <class T>
OSTINATO_INLINE void prefetch(const T* from, int64_t n) {
    for (int64_t i = 0; i < n; i += 64 / int64_t(sizeof(T))) __builtin_prefetch(from + i);
}

// Bytes (0 or 1) as whole numbers, for the first `n` lanes, else 0.
template <class T>
OSTINATO_INLINE typename Vector<T>::whole load_flags(const uint8_t* from, int64_t n) {
    typedef uint8_t Bytes __attribute__((vector_size(OSTINATO_VECTOR_BYTES / sizeof(T))));
    Bytes bytes{};
    if (n >= kLanes<T>) {
        std::memcpy(&bytes, from, sizeof bytes);
    } else if (n > 0) {
        std::memcpy(&bytes, from, size_t(n));
    }
    return __builtin_convertvector(bytes, typename Vector<T>::whole);
}

// 1 in the lanes of real units, of which `left` are from here on, else 0.
template <class T>
OSTINATO_INLINE Vec<T> real_lanes(int64_t left) {
    typename Vector<T>::whole place{};
    for (int i = 0; i < kLanes<T>; ++i) place[i] = i;
    const int count = left < kLanes<T> ? int(left) : kLanes<T>;
    return place < count ? splat(T(1)) : Vec<T>{};
}

// e^x to about one unit in the last place for float; beyond the range infinity, or nearly zero.
// Cody and Waite's reduction to |r| <= ln2/2, then the Taylor polynomial in Horner form.
OSTINATO_INLINE Vec<float> exponential(Vec<float> x) {
    using V = Vec<float>;
    typedef uint32_t Bits __attribute__((vector_size(OSTINATO_VECTOR_BYTES)));
    const V given = x, high = splat(88.0f), low = splat(-87.0f);
    x = x < low ? low : x;
    const V magic = splat(12582912.0f);  // 1.5 * 2^23: adding it rounds to a whole number
    V shifted = x * 1.44269504088896341f + magic;
    V n = shifted - magic;
    V r = x - n * 0.693359375f;
    r = r + n * 2.12194440e-4f;
    V p = splat(1.9841270e-4f);
    p = p * r + 1.3888889e-3f;
    p = p * r + 8.3333333e-3f;
    p = p * r + 4.1666667e-2f;
    p = p * r + 1.6666667e-1f;
    p = p * r + 0.5f;
    p = p * r * r + r + 1.0f;
    Bits power = (Bits)shifted << 23;  // the magic number's own bits leave at the top
    V result = (V)((Bits)p + power);
    return given <= high ? result : given + __builtin_inff();  // infinity, or the NaN it was
}
// Doubles serve tests, where exactness matters and speed does not.
OSTINATO_INLINE Vec<double> exponential(Vec<double> x) {
    for (int i = 0; i < kLanes<double>; ++i) x[i] = std::exp(x[i]);
    return x;
}
template <class T>
OSTINATO_INLINE Vec<T> sigmoid(Vec<T> x) {
    return T(1) / (T(1) + exponential(-x));
}
// Near zero the odd series keeps the relative accuracy that 1 - 2/(e^2x + 1) would lose.
OSTINATO_INLINE Vec<float> hyperbolic_tangent(Vec<float> x) {
    using V = Vec<float>;
    V far = 1.0f - 2.0f / (exponential(x + x) + 1.0f);
    V s = x * x;
    V p = splat(-5.70498872745e-3f);
    p = p * s + 2.06390887954e-2f;
    p = p * s + -5.37397155531e-2f;
    p = p * s + 1.33314422036e-1f;
    p = p * s + -3.33332819422e-1f;
    V near = x + x * s * p;
    return s < 0.390625f ? near : far;
}
OSTINATO_INLINE Vec<double> hyperbolic_tangent(Vec<double> x) {
    for (int i = 0; i < kLanes<double>; ++i) x[i] = std::tanh(x[i]);
    return x;
}

}  // namespace OSTINATO_SET
