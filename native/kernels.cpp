// Compiled once for each instruction set, into a namespace of its own.
#include "backward.h"

namespace OSTINATO_SET {

template <class T>
int64_t gate_values(int cell, int64_t hidden) {
    constexpr int64_t L = kLanes<T>;
    return cell <= ostinato::kRnnRelu ? (hidden + 2 * L - 1) / (2 * L) * 2 * L
                                      : (hidden + L - 1) / L * L * 4;
}
template <class T>
int64_t cell_values(int cell, int64_t hidden) {
    constexpr int64_t L = kLanes<T>;
    return cell == ostinato::kLstm ? (hidden + L - 1) / L * L : 0;
}
template <class T>
void forward(const Call<T>& q) {
    switch (q.cell) {
        case ostinato::kRnnTanh: return forward_cell<T, RnnCell<T, false>>(q);
        case ostinato::kRnnRelu: return forward_cell<T, RnnCell<T, true>>(q);
        case ostinato::kGru: return forward_cell<T, GruCell<T>>(q);
        default: return forward_cell<T, LstmCell<T>>(q);
    }
}
template <class T>
void backward(const Call<T>& q) {
    switch (q.cell) {
        case ostinato::kRnnTanh: return backward_cell<T, RnnCell<T, false>>(q);
        case ostinato::kRnnRelu: return backward_cell<T, RnnCell<T, true>>(q);
        case ostinato::kGru: return backward_cell<T, GruCell<T>>(q);
        default: return backward_cell<T, LstmCell<T>>(q);
    }
}

template int64_t gate_values<float>(int, int64_t);
template int64_t gate_values<double>(int, int64_t);
template int64_t cell_values<float>(int, int64_t);
template int64_t cell_values<double>(int, int64_t);
template void forward<float>(const Call<float>&);
template void forward<double>(const Call<double>&);
template void backward<float>(const Call<float>&);
template void backward<double>(const Call<double>&);

}  // namespace OSTINATO_SET
