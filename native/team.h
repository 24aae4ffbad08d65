// Threads that share the same sequences, each with its own units, where there are more threads
// than sequences. After every step they wait for one another.
#pragma once
#include <atomic>
#include <cstdint>
#include <thread>

namespace ostinato {

// Waits by looking for a while: a step takes microseconds, and so does being woken up.
template <class Done>
void wait_until(Done&& done) {
    for (int looks = 0; !done(); ++looks)
        if (looks > 1000) std::this_thread::yield();
}

class Barrier {
public:
    void wait(int members) {
        const int round = round_.load(std::memory_order_acquire);
        if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == members) {
            arrived_.store(0, std::memory_order_relaxed);
            round_.store(round + 1, std::memory_order_release);
            return;
        }
        wait_until([&] { return round_.load(std::memory_order_acquire) != round; });
    }

private:
    std::atomic<int> arrived_{0}, round_{0};
};

// One member's part of `blocks` blocks of units; `even` blocks stay together.
struct Member {
    int index = 0, members = 1;
    Barrier* barrier = nullptr;
    bool first() const { return index == 0; }
    void wait() const {
        if (members > 1) barrier->wait(members);
    }
    int64_t begin(int64_t blocks, int64_t even) const { return part(blocks, even, index); }
    int64_t end(int64_t blocks, int64_t even) const { return part(blocks, even, index + 1); }

private:
    int64_t part(int64_t blocks, int64_t even, int which) const {
        const int64_t at = (blocks + even - 1) / even * which / members * even;
        return at < blocks ? at : blocks;
    }
};

}  // namespace ostinato
