#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "cpu.h"
#ifdef OSTINATO_KERNELS_BUILT
#include "dispatch.h"
#endif

namespace nb = nanobind;

NB_MODULE(_native, m) {
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
            const auto gates = bytes == 4 ? k.gate_values_float : k.gate_values_double;
            const auto cells = bytes == 4 ? k.cell_values_float : k.cell_values_double;
            return nb::make_tuple(gates(cell, hidden), cells(cell, hidden));
        },
        "Values of gates and of c that a row (one sequence at one step) saves.");
    m.def(
        "run",
        [](int bytes, const std::vector<int64_t>& fields, bool backward) {
            if (int(fields.size()) != ostinato::kFields)
                throw nb::value_error("wrong number of fields");
            nb::gil_scoped_release release;
            ostinato::run(bytes, fields.data(), backward);
        },
        "One call of a recurrence, forward or backward; the fields are those of call.h in order.");
#endif
}
