#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstring>
#include <optional>

#include "cpu.h"
#ifdef OSTINATO_KERNELS_BUILT
#include "dispatch.h"
#include "fields.h"
#include "packed.h"
#endif

namespace nb = nanobind;
using namespace nb::literals;

#ifdef OSTINATO_KERNELS_BUILT
using ostinato::Given;

template <class T>
using Array = nb::ndarray<T, nb::c_contig, nb::device::cpu>;

template <class T>
T* at(int64_t address) {
    return reinterpret_cast<T*>(address);
}

// Lets other Python threads run during so many products; for few it is not worth the change.
class Unlocked {
public:
    explicit Unlocked(int64_t products) {
        if (products > 100'000) released_.emplace();
    }

private:
    std::optional<nb::gil_scoped_release> released_;
};

template <class T>
void call_of(nb::module_& m, const char* name) {
    auto run = [](const Given<T>& given, ostinato::Need need) {
        given.check(ostinato::kForForward);
        given.check(need);
        const auto& q = given.call;
        const Unlocked unlocked(q.batch * q.steps * q.hidden * (q.input + q.hidden));
        ostinato::run(q, need == ostinato::kForBackward);
    };
    nb::class_<Given<T>>(m, name, "One call of a recurrence, its fields named as in call.h.")
        .def(nb::init<>())
        .def("set", [](Given<T>& given, nb::kwargs named) { given.set(named); })
        .def("saved_values",
             [](const Given<T>& given) {
                 const auto each = ostinato::chosen().of<T>().saved(given.call);
                 return nb::make_tuple(each.gates, each.cells, each.norm, each.outputs);
             },
             "Values of gates, cells, norm and outputs that a row (one sequence at one step) saves.")
        .def("forward", [run](const Given<T>& given) { run(given, ostinato::kForForward); })
        .def("backward", [run](const Given<T>& given) { run(given, ostinato::kForBackward); });
}

// What a list of dictionaries says of the layers of a stack, all of them of one hidden size.
template <class T>
std::vector<ostinato::Call<T>> layers_of(nb::list layers) {
    std::vector<ostinato::Call<T>> found;
    for (nb::handle each : layers) {
        Given<T> given;
        given.set(nb::cast<nb::dict>(each));
        given.check(ostinato::kForLayer);
        given.check_only(ostinato::kForLayer);
        found.push_back(given.call);
        if (given.call.hidden != found.front().hidden || given.call.state != found.front().state)
            throw nb::value_error("the layers of a stack must have one hidden size");
    }
    if (found.empty()) throw nb::value_error("a stack needs a layer");
    return found;
}

// A stack's step is given a c where its cells have one.
template <class T>
void step(const ostinato::Stack<T>& stack, int64_t batch, int64_t threads, const T* x, T* out,
          const T* h, T* h_out, const T* c, T* c_out) {
    if (stack.has_cells() != (c && c_out)) throw nb::value_error("c is for LSTM, and LSTM needs it");
    const auto size = stack.sizes();
    const int64_t count = batch * size.state;
    const Unlocked unlocked(batch * size.hidden * size.layers * (size.input + size.state));
    stack.step(batch, x, h, c, h_out, c_out, threads);
    std::memcpy(out, h_out + (size.layers - 1) * count, size_t(count) * sizeof(T));
}

template <class T>
void stack_of(nb::module_& m, const char* name) {
    using Stack = ostinato::Stack<T>;
    nb::class_<Stack>(m, name,
                      "Layers with packed weights, stepped together. Made of one dictionary a layer, of "
                      "fields named as in call.h; only read afterwards, by any number of threads.")
        .def("__init__",
             [](Stack* made, nb::list layers) {
                 const auto given = layers_of<T>(layers);
                 nb::gil_scoped_release release;
                 new (made) Stack(given);
             })
        .def("same",
             [](const Stack& stack, nb::list layers) {
                 const auto now = layers_of<T>(layers);
                 nb::gil_scoped_release release;
                 return stack.same(now);
             },
             "Whether the weights at these layers' addresses have the bits that were packed.")
        .def("step",
             [](const Stack& stack, int64_t batch, int64_t threads, int64_t x, int64_t out, int64_t h,
                int64_t h_out, int64_t c, int64_t c_out) {
                 step<T>(stack, batch, threads, at<T>(x), at<T>(out), at<T>(h), at<T>(h_out), at<T>(c),
                         at<T>(c_out));
             },
             nb::kw_only(), "batch"_a, "threads"_a, "x"_a, "out"_a, "h"_a, "h_out"_a, "c"_a, "c_out"_a)
        .def("step_arrays",
             [](const Stack& stack, Array<const T> x, Array<T> out, int64_t h, int64_t c) {
                 const int64_t batch = int64_t(out.size()) / stack.sizes().state;
                 if (int64_t(x.size()) != batch * stack.sizes().input)
                     throw nb::value_error("x does not fit the layer");
                 step<T>(stack, batch, 1, x.data(), out.data(), at<T>(h), at<T>(h), at<T>(c), at<T>(c));
             },
             "x"_a.noconvert(), "out"_a.noconvert(), nb::kw_only(), "h"_a, "c"_a,
             "One step in place: the states at h and c become the next ones.");
}

template <class T>
void linear_of(nb::module_& m, const char* name) {
    using Linear = ostinato::Linear<T>;
    nb::class_<Linear>(m, name, "A linear map with packed weights; only read once it is made.")
        .def("__init__",
             [](Linear* made, int64_t inputs, int64_t outputs, int64_t weight, int64_t bias) {
                 nb::gil_scoped_release release;
                 new (made) Linear(inputs, outputs, at<T>(weight), at<T>(bias));
             },
             nb::kw_only(), "inputs"_a, "outputs"_a, "weight"_a, "bias"_a)
        .def("same",
             [](const Linear& map, int64_t weight, int64_t bias) {
                 nb::gil_scoped_release release;
                 return map.same(at<T>(weight), at<T>(bias));
             },
             nb::kw_only(), "weight"_a, "bias"_a,
             "Whether the weights at these addresses have the bits that were packed.")
        .def("run",
             [](const Linear& map, int64_t rows, int64_t x, int64_t x_row, int64_t out, int64_t threads) {
                 nb::gil_scoped_release release;
                 map.run(rows, at<T>(x), x_row, at<T>(out), threads);
             },
             nb::kw_only(), "rows"_a, "x"_a, "x_row"_a, "out"_a, "threads"_a);
}
#endif

NB_MODULE(_native, m) {
    nb::set_leak_warnings(false);  // layers that live as long as the process are no leak
    m.doc() = "Ostinato's native kernels";
    m.attr("compiler") = __VERSION__;
    m.def("instructions", &ostinato::instructions,
          "The widest vector instructions that the processor and the system allow.");
#ifdef OSTINATO_KERNELS_BUILT
    m.def(
        "instruction_sets",
        [] {
            std::vector<std::string> names;
            for (const auto& each : ostinato::available()) names.emplace_back(each.name);
            return names;
        },
        "The sets that were built and run here, best first.");
    m.def(
        "instruction_set", [] { return std::string(ostinato::chosen().name); },
        "The set in use.");
    m.def(
        "use_instruction_set",
        [](const std::string& name) {
            if (!ostinato::choose(name.c_str()))
                throw nb::value_error(("this machine cannot run " + name).c_str());
        },
        "Choose the set; what an earlier forward pass saved cannot be used with another.");
    m.def(
        "choose",
        [](int64_t out, int64_t count, int highest, uint64_t seed) {
            nb::gil_scoped_release release;
            ostinato::choose(seed, count, highest, at<uint8_t>(out));
        },
        nb::kw_only(), "out"_a, "count"_a, "highest"_a, "seed"_a,
        "Random flags: whether 16 bits, read as a signed number, are `highest` or less.");
    call_of<float>(m, "CallFloat");
    call_of<double>(m, "CallDouble");
    stack_of<float>(m, "StackFloat");
    stack_of<double>(m, "StackDouble");
    linear_of<float>(m, "LinearFloat");
    linear_of<double>(m, "LinearDouble");
#endif
}
