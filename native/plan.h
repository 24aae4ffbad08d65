// Which thread serves which sequences, and which of them are still running at a step.
#pragma once
#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "call.h"

namespace ostinato {

struct Plan {
    std::vector<int64_t> lengths, rows, active, offset;
    std::vector<Share> shares;
    int64_t total;  // rows: sequences at steps
    Plan(const int64_t* given, int64_t batch, int64_t steps, int64_t threads)
        : lengths(size_t(batch), steps), shares(size_t(threads)) {
        if (given) lengths.assign(given, given + batch);
        std::vector<int64_t> order(lengths.size());
        std::iota(order.begin(), order.end(), 0);
        if (given)
            std::stable_sort(order.begin(), order.end(),
                             [&](int64_t a, int64_t b) { return lengths[size_t(a)] > lengths[size_t(b)]; });
        rows.reserve(order.size());
        active.resize(size_t(threads * steps));
        offset.resize(size_t(threads * (steps + 1)));
        int64_t first = 0;
        std::vector<int64_t> starts;
        for (int64_t i = 0; i < threads; ++i) {
            starts.push_back(int64_t(rows.size()));
            for (int64_t j = 0; j < batch; ++j) {  // snake order: 0 1 1 0 0 1 ...
                const int64_t lap = j / threads, place = j % threads;
                if ((lap % 2 ? threads - 1 - place : place) == i) rows.push_back(order[size_t(j)]);
            }
            const int64_t count = int64_t(rows.size()) - starts.back();
            int64_t running = count, sum = 0;
            for (int64_t s = 0; s < steps; ++s) {
                while (running && lengths[size_t(rows[size_t(starts.back() + running - 1)])] <= s) --running;
                active[size_t(i * steps + s)] = running;
                offset[size_t(i * (steps + 1) + s)] = sum;
                sum += running;
            }
            offset[size_t(i * (steps + 1) + steps)] = sum;
            shares[size_t(i)] = {nullptr, active.data() + i * steps,
                                 offset.data() + i * (steps + 1), count, first};
            first += sum;
        }
        total = first;
        for (int64_t i = 0; i < threads; ++i) shares[size_t(i)].rows = rows.data() + starts[size_t(i)];
    }
};

}  // namespace ostinato
