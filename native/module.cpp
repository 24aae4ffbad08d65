#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstring>

#include "cpu.h"
#ifdef OSTINATO_KERNELS_BUILT
#include "dispatch.h"
#endif

namespace nb = nanobind;

#ifdef OSTINATO_KERNELS_BUILT
template <class T>
using Array = nb::ndarray<T, nb::c_contig, nb::device::cpu>;

template <class T>
void copy_last(const ostinato::Stack<T>& stack, int64_t batch, const T* h, T* out) {
    const auto size = stack.sizes();
    const int64_t count = batch * size.hidden;
    std::memcpy(out, h + (size.layers - 1) * count, size_t(count) * sizeof(T));
}

// Addresses come as integers: reading them off a tensor costs less than passing it.
template <class T>
void stack_of(nb::module_& m, const char* name) {
    using Stack = ostinato::Stack<T>;
    auto at = [](int64_t address) { return reinterpret_cast<T*>(address); };
    nb::class_<Stack>(m, name, "Layers with packed weights, stepped together.")
        .def(nb::init<>())
        .def("add",
             [at](Stack& stack, int cell, int64_t input, int64_t hidden,
                  const std::vector<int64_t>& tensors, double eps, double rate_h, double rate_c) {
                 if (tensors.size() != 9) throw nb::value_error("wrong number of tensors");
                 ostinato::Call<T> q{};
                 q.cell = cell, q.input = input, q.hidden = hidden;
                 const T** const into[] = {&q.w_ih,     &q.w_hh,    &q.b_ih,      &q.b_hh,
                                           &q.peephole, &q.gain_ih, &q.gain_hh, &q.gain_cell,
                                           &q.bias_cell};
                 for (size_t k = 0; k < tensors.size(); ++k) *into[k] = at(tensors[k]);
                 stack.add(q, T(eps), T(rate_h), T(rate_c));
             })
        .def("step",
             [at](const Stack& stack, int64_t batch, int64_t threads, int64_t x, int64_t out, int64_t h,
                  int64_t h_out, int64_t c, int64_t c_out) {
                 stack.step(batch, at(x), at(h), at(c), at(h_out), at(c_out), threads);
                 copy_last(stack, batch, at(h_out), at(out));
             })
        .def(
            "step_arrays",
            [at](const Stack& stack, Array<const T> x, Array<T> out, int64_t h, int64_t c) {
                const int64_t batch = int64_t(out.size()) / stack.sizes().hidden;
                if (int64_t(x.size()) != batch * stack.sizes().input)
                    throw nb::value_error("x does not fit the layer");
                stack.step(batch, x.data(), at(h), at(c), at(h), at(c), 1);
                copy_last(stack, batch, at(h), out.data());
            },
            nb::arg("x").noconvert(), nb::arg("out").noconvert(), nb::arg("h"), nb::arg("c"),
            "One step in place: the states at h and c become the next ones.");
}

template <class T>
void linear_of(nb::module_& m, const char* name) {
    using Linear = ostinato::Linear<T>;
    auto at = [](int64_t address) { return reinterpret_cast<T*>(address); };
    nb::class_<Linear>(m, name, "A linear map with packed weights.")
        .def("__init__",
             [at](Linear* made, int64_t inputs, int64_t outputs, int64_t w, int64_t bias) {
                 new (made) Linear(inputs, outputs, at(w), at(bias));
             })
        .def("run", [at](const Linear& map, int64_t rows, int64_t x, int64_t x_row, int64_t out,
                         int64_t threads) {
            nb::gil_scoped_release release;
            map.run(rows, at(x), x_row, at(out), threads);
        });
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
        "saved_values",
        [](int bytes, int cell, int64_t hidden) {
            const auto& k = ostinato::chosen();
            auto values = [&](const auto& of) {
                return nb::make_tuple(of.gate_values(cell, hidden), of.cell_values(cell, hidden),
                                      of.norm_values(cell, hidden));
            };
            return bytes == 4 ? values(k.of_float) : values(k.of_double);
        },
        "Values of gates, of c and of layer normalisation that a row (one sequence at one step) saves.");
    m.def(
        "run",
        [](int bytes, const std::vector<int64_t>& fields, bool backward) {
            if (int(fields.size()) != ostinato::kFields)
                throw nb::value_error("wrong number of fields");
            nb::gil_scoped_release release;
            ostinato::run(bytes, fields.data(), backward);
        },
        "One call of a recurrence, forward or backward; the fields are those of call.h in order.");
    m.def(
        "choose",
        [](int64_t out, int64_t count, int highest, uint64_t seed) {
            nb::gil_scoped_release release;
            ostinato::choose(seed, count, highest, reinterpret_cast<uint8_t*>(out));
        },
        "Random flags: whether 16 bits, read as a signed number, are `highest` or less.");
    stack_of<float>(m, "StackFloat");
    stack_of<double>(m, "StackDouble");
    linear_of<float>(m, "LinearFloat");
    linear_of<double>(m, "LinearDouble");
#endif
}
