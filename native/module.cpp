#include <nanobind/nanobind.h>

#include "cpu.h"

namespace nb = nanobind;

NB_MODULE(_native, m) {
    m.doc() = "Ostinato's native kernels";
    m.attr("compiler") = __VERSION__;
    m.def("instructions", &ostinato::instructions,
          "The widest vector instructions that the processor and the system allow.");
}
