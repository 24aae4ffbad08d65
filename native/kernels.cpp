// Compiled once for each instruction set, into a namespace of its own.
#include "backward.h"
#include "choose.h"
#include "linear.h"

namespace OSTINATO_SET {

// What `Work<T, Cell>` does, for the cell of that code.
template <class T, template <class, class> class Work, class... Given>
auto with_cell(int64_t cell, Given&&... given) {
    switch (cell) {
        case ostinato::kRnnTanh: return Work<T, RnnCell<T, false>>::run(given...);
        case ostinato::kRnnRelu: return Work<T, RnnCell<T, true>>::run(given...);
        case ostinato::kGru: return Work<T, GruCell<T>>::run(given...);
        case ostinato::kGruBefore: return Work<T, GruBeforeCell<T>>::run(given...);
        case ostinato::kLstmCoupled: return Work<T, LstmCell<T, true>>::run(given...);
        default: return Work<T, LstmCell<T>>::run(given...);
    }
}
template <class T, class C>
struct SavedValues {
    static ostinato::Saved run(const Call<T>& q) {
        using S = Sizes<T, C>;
        const S z(q);
        const int64_t panel = z.blocks * S::W, units = z.blocks * S::U;
        // An RNN's gate is its output, unless zoneout put the old one there.
        return {panel, C::kKeepsState || q.zoned() ? panel : 0, C::kSaves ? units : 0,
                q.gain_ih ? Norm<T, C>::row_values(q.hidden) : 0, q.w_hr ? z.output_row : 0};
    }
};
template <class T, class C>
struct Forward {
    static void run(const Call<T>& q) { forward_cell<T, C>(q); }
};
template <class T, class C>
struct Backward {
    static void run(const Call<T>& q) { backward_cell<T, C>(q); }
};
template <class T, class C>
struct Packed {
    static int64_t run(const Call<T>& q) {
        return Pack<T, C>(q.input, q.hidden, q.state).projection + projection_values(q);
    }
};
template <class T, class C>
struct Packing {
    static void run(const Call<T>& q, T* to) { pack_cell<T, C>(q, to); }
};
template <class T, class C>
struct Step {
    static void run(const StepCall<T>& q) { step_cell<T, C>(q); }
};

template <class T>
ostinato::Saved saved(const Call<T>& q) {
    return with_cell<T, SavedValues>(q.cell, q);
}
template <class T>
void forward(const Call<T>& q) {
    with_cell<T, Forward>(q.cell, q);
}
template <class T>
void backward(const Call<T>& q) {
    with_cell<T, Backward>(q.cell, q);
}
template <class T>
int64_t packed_values(const Call<T>& q) {
    return with_cell<T, Packed>(q.cell, q);
}
template <class T>
void pack(const Call<T>& q, T* to) {
    with_cell<T, Packing>(q.cell, q, to);
}
template <class T>
void step(const StepCall<T>& q) {
    with_cell<T, Step>(q.cell, q);
}

template <class T>
ostinato::Table<T> table() {
    return {saved<T>, forward<T>,       backward<T>,    packed_values<T>, pack<T>,
            step<T>,  linear_values<T>, linear_pack<T>, linear<T>,        choose_flags};
}
template ostinato::Table<float> table<float>();
template ostinato::Table<double> table<double>();

}  // namespace OSTINATO_SET
