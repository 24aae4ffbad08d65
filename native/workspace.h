// Memory that calls work in: each operating-system thread has its own, so that calls from several
// threads at once share nothing that is written.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <vector>
#ifdef __linux__
#include <sys/mman.h>
#endif

#include "call.h"

namespace ostinato {

// Asks for large pages behind a large array: first touches of small ones can cost more than the
// arithmetic on them. Advice only; nothing depends on it.
inline void advise(void* data, int64_t bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    constexpr uintptr_t page = 4096;
    if (!data || bytes < 8 << 20) return;
    const uintptr_t first = (reinterpret_cast<uintptr_t>(data) + page - 1) / page * page;
    const uintptr_t last = (reinterpret_cast<uintptr_t>(data) + uintptr_t(bytes)) / page * page;
    madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
#else
    (void)data, (void)bytes;
#endif
}

// Kept between calls, since cold pages double the time of a fresh workspace. A buffer grows to
// what was asked for most and each operating-system thread has its own.
struct Buffer {
    void* data = nullptr;
    size_t bytes = 0;
    ~Buffer() { std::free(data); }
    void* reserve(size_t wanted) {
        if (wanted > bytes) {
            std::free(data);
            bytes = (wanted + wanted / 8 + 4095) / 4096 * 4096;
            data = std::aligned_alloc(4096, bytes);
            if (!data) {
                bytes = 0;
                throw std::bad_alloc();
            }
            advise(data, int64_t(bytes));
        }
        return data;
    }
};
using Rooms = std::vector<Buffer>;
// Those of the thread that calls; the threads that work for it are given them.
inline void* rooms() {
    thread_local Rooms own(size_t(kMostThreads) * kRooms);
    return &own;
}
inline void* workspace(void* rooms, int thread, Room room, size_t bytes) {
    return (*static_cast<Rooms*>(rooms))[size_t(thread) * kRooms + size_t(room)].reserve(bytes);
}

// How many of the threads that were asked for a call with so many parts can use, and has rooms for.
inline int64_t usable_threads(int64_t asked, int64_t parts) {
    return std::max<int64_t>(1, std::min({asked, parts, kMostThreads}));
}

}  // namespace ostinato
