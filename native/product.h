// One register tile, and the products built from it. Every element is summed over k in the same
// order whatever the number of rows, so a row's result does not depend on its neighbours.
#pragma once
#include "simd.h"

namespace OSTINATO_SET {

enum Start { kZero, kContinue, kAdd };  // c = sum; sum starts from c; c += sum at the end

// c[r][v] over `k` of a[r, k] * b[k, v], rows of c `c_row` apart. `across` is the stride of a
// along rows when it is not the unit one (then k has stride a_stride), else rows are a_stride
// apart and k is contiguous.
template <class T, int Rows, int Wide, Start start, bool transposed>
void tile(const T* a, int64_t a_stride, int64_t k, const T* b, int64_t b_row, T* c,
          int64_t c_row) {
    using V = Vec<T>;
    constexpr int L = kLanes<T>;
    V sum[Rows][Wide];
#pragma GCC unroll 32
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 8
        for (int v = 0; v < Wide; ++v)
            sum[r][v] = start == kContinue ? load(c + r * c_row + v * L) : V{};
    if constexpr (transposed) {
        for (int64_t i = 0; i < k; ++i, a += a_stride, b += b_row) {
            V w[Wide];
#pragma GCC unroll 8
            for (int v = 0; v < Wide; ++v) w[v] = load(b + v * L);
#pragma GCC unroll 32
            for (int r = 0; r < Rows; ++r) {
                V each = splat(a[r]);
#pragma GCC unroll 8
                for (int v = 0; v < Wide; ++v) sum[r][v] += each * w[v];
            }
        }
    } else {
        // Three rows to a base pointer: offsets 0, 1 and 2 strides are addressing modes.
        constexpr int Groups = (Rows + 2) / 3;
        const T* base[Groups];
#pragma GCC unroll 16
        for (int g = 0; g < Groups; ++g) base[g] = a + 3 * g * a_stride;
        for (int64_t i = 0; i < k; ++i, b += b_row) {
            V w[Wide];
#pragma GCC unroll 8
            for (int v = 0; v < Wide; ++v) w[v] = load(b + v * L);
#pragma GCC unroll 32
            for (int r = 0; r < Rows; ++r) {
                V each = splat(base[r / 3][(r % 3) * a_stride]);
#pragma GCC unroll 8
                for (int v = 0; v < Wide; ++v) sum[r][v] += each * w[v];
            }
#pragma GCC unroll 16
            for (int g = 0; g < Groups; ++g) ++base[g];
        }
    }
#pragma GCC unroll 32
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 8
        for (int v = 0; v < Wide; ++v) {
            T* at = c + r * c_row + v * L;
            store(at, start == kAdd ? load(at) + sum[r][v] : sum[r][v]);
        }
}

// Rows of a tile so that sums, one row of b and a broadcast fit the register file.
template <int Wide>
constexpr int kTileRows = OSTINATO_REGISTERS == 32 ? (Wide == 4   ? 6
                                                      : Wide == 3 ? 9
                                                      : Wide == 2 ? 14
                                                                  : 24)
                                                   : (Wide == 4   ? 3
                                                      : Wide == 3 ? 4
                                                      : Wide == 2 ? 6
                                                                  : 12);

template <class T, int Wide, Start start, bool transposed, int Rows>
OSTINATO_INLINE void tile_of(int64_t rows, const T* a, int64_t a_stride, int64_t k, const T* b,
                             int64_t b_row, T* c, int64_t c_row) {
    if constexpr (Rows > 0) {
        if (rows == Rows) {
            tile<T, Rows, Wide, start, transposed>(a, a_stride, k, b, b_row, c, c_row);
        } else {
            tile_of<T, Wide, start, transposed, Rows - 1>(rows, a, a_stride, k, b, b_row, c, c_row);
        }
    }
}

// All rows, split evenly over tiles: a short last tile would waste the registers.
template <class T, int Wide, Start start, bool transposed = false>
void product(int64_t rows, const T* a, int64_t a_stride, int64_t k, const T* b, int64_t b_row, T* c,
             int64_t c_row) {
    if (rows <= 0) return;
    const int64_t tiles = (rows + kTileRows<Wide> - 1) / kTileRows<Wide>;
    for (int64_t i = 0, first = 0; i < tiles; ++i) {
        const int64_t past = rows * (i + 1) / tiles;
        tile_of<T, Wide, start, transposed, kTileRows<Wide>>(
            past - first, a + first * (transposed ? 1 : a_stride), a_stride, k, b, b_row,
            c + first * c_row, c_row);
        first = past;
    }
}

// One row's products for `Blocks` blocks side by side: a sum alone would wait for itself.
template <class T, int Wide, int Blocks, Start start>
OSTINATO_INLINE void row_product(const T* a, int64_t k, const T* b, int64_t b_block, T* c,
                                 int64_t c_block) {
    using V = Vec<T>;
    constexpr int L = kLanes<T>;
    V sum[Blocks][Wide];
#pragma GCC unroll 8
    for (int j = 0; j < Blocks; ++j)
#pragma GCC unroll 8
        for (int v = 0; v < Wide; ++v)
            sum[j][v] = start == kContinue ? load(c + j * c_block + v * L) : V{};
    for (int64_t i = 0; i < k; ++i, b += Wide * L) {
        const V each = splat(a[i]);
#pragma GCC unroll 8
        for (int j = 0; j < Blocks; ++j)
#pragma GCC unroll 8
            for (int v = 0; v < Wide; ++v) sum[j][v] += each * load(b + j * b_block + v * L);
    }
#pragma GCC unroll 8
    for (int j = 0; j < Blocks; ++j)
#pragma GCC unroll 8
        for (int v = 0; v < Wide; ++v) store(c + j * c_block + v * L, sum[j][v]);
}

template <class T, int Wide, Start start>
void row_products(const T* a, int64_t k, const T* b, int64_t b_block, int64_t blocks, T* c,
                  int64_t c_block) {
    constexpr int Most = OSTINATO_REGISTERS == 32 ? (Wide == 4 ? 4 : Wide == 3 ? 5 : 8)
                                                  : (Wide >= 3 ? 3 : 4);
    int64_t block = 0;
    for (; block + Most <= blocks; block += Most)
        row_product<T, Wide, Most, start>(a, k, b + block * b_block, b_block,
                                          c + block * c_block, c_block);
    if (block + 2 <= blocks && Most > 2) {
        for (; block + 2 <= blocks; block += 2)
            row_product<T, Wide, 2, start>(a, k, b + block * b_block, b_block,
                                          c + block * c_block, c_block);
    }
    for (; block < blocks; ++block)
        row_product<T, Wide, 1, start>(a, k, b + block * b_block, b_block,
                                          c + block * c_block, c_block);
}

}  // namespace OSTINATO_SET
