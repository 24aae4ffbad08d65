// Random flags, many at once: a counter and a seed make every number, so that threads may share
// the work and no instruction set changes a flag.
#pragma once
#include "simd.h"

namespace OSTINATO_SET {

// Sets out[i] to whether the i-th 16 bits, read as a signed number, are `highest` or less. Every 64
// bits are one output of SplitMix64 (Steele, Lea & Flood 2014) and serve four flags.
inline void choose_flags(uint64_t seed, int64_t from, int64_t to, int highest, uint8_t* out) {
    typedef uint64_t Wide __attribute__((vector_size(OSTINATO_VECTOR_BYTES)));
    typedef int16_t Short __attribute__((vector_size(OSTINATO_VECTOR_BYTES)));
    typedef uint8_t Bytes __attribute__((vector_size(OSTINATO_VECTOR_BYTES / 2)));
    constexpr int lanes = OSTINATO_VECTOR_BYTES / 8, flags = 4 * lanes;
    const uint64_t golden = 0x9E3779B97F4A7C15u;
    Wide counter;
    for (int i = 0; i < lanes; ++i) counter[i] = seed + golden * uint64_t(from / 4 + i + 1);
    for (int64_t at = from; at < to; at += flags, counter += golden * lanes) {
        Wide z = counter;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        z ^= z >> 31;
        const Short chosen = (Short)z <= int16_t(highest);
        const Bytes found = __builtin_convertvector(chosen & 1, Bytes);
        std::memcpy(out + at, &found, to - at < flags ? size_t(to - at) : sizeof found);
    }
}

}  // namespace OSTINATO_SET
