#include <nanobind/nanobind.h>

namespace nb = nanobind;

NB_MODULE(_native, m) {
    m.doc() = "Ostinato's native kernels";
    m.attr("compiler") = __VERSION__;
}
