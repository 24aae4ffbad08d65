// The fields of a call by their names in call.h, as Python gives them. A name is its field's own, so
// that no order can be confused; an unknown name, or one that is missing, is an error.
#pragma once
#include <nanobind/nanobind.h>

#include <bitset>
#include <string>
#include <vector>

#include "call.h"

namespace ostinato {

namespace nb = nanobind;

// What a field must be given for.
enum Need : unsigned { kForForward = 1, kForBackward = 2, kForLayer = 4 };

template <class T>
struct Field {
    const char* name;
    unsigned needs;
    void (*read)(PyObject* value, Call<T>& into);
};

inline int64_t whole_number(PyObject* value) {
    const long long number = PyLong_AsLongLong(value);
    if (number == -1 && PyErr_Occurred()) throw nb::python_error();
    return number;
}
inline void read(PyObject* value, int64_t& into) { into = whole_number(value); }
inline void read(PyObject* value, bool& into) { into = whole_number(value) != 0; }
inline void read(PyObject* value, double& into) {
    into = PyFloat_AsDouble(value);
    if (into == -1 && PyErr_Occurred()) throw nb::python_error();
}
// An address is an integer: reading it off a tensor costs less than passing the tensor.
template <class P>
void read(PyObject* value, P*& into) {
    into = value == Py_None ? nullptr : reinterpret_cast<P*>(whole_number(value));
}

template <class T>
const std::vector<Field<T>>& fields() {
    constexpr unsigned kNone = 0, kPass = kForForward, kBack = kForBackward, kLayer = kForLayer;
#define OSTINATO_FIELD(name, needs) \
    { #name, needs, [](PyObject* value, Call<T>& into) { read(value, into.name); } }
    static const std::vector<Field<T>> all{
        OSTINATO_FIELD(cell, kPass | kLayer),
        OSTINATO_FIELD(batch, kPass),
        OSTINATO_FIELD(steps, kPass),
        OSTINATO_FIELD(input, kPass | kLayer),
        OSTINATO_FIELD(hidden, kPass | kLayer),
        OSTINATO_FIELD(state, kPass | kLayer),
        OSTINATO_FIELD(x, kPass),
        OSTINATO_FIELD(x_batch, kPass),
        OSTINATO_FIELD(x_step, kPass),
        OSTINATO_FIELD(h0, kPass),
        OSTINATO_FIELD(c0, kNone),
        OSTINATO_FIELD(w_ih, kPass | kLayer),
        OSTINATO_FIELD(w_hh, kPass | kLayer),
        OSTINATO_FIELD(b_ih, kPass | kLayer),
        OSTINATO_FIELD(b_hh, kPass | kLayer),
        OSTINATO_FIELD(w_hr, kLayer),
        OSTINATO_FIELD(lengths, kPass),
        OSTINATO_FIELD(resets, kPass),
        OSTINATO_FIELD(h_reset, kPass),
        OSTINATO_FIELD(c_reset, kNone),
        OSTINATO_FIELD(recurrent_mask, kPass),
        OSTINATO_FIELD(reverse, kPass),
        OSTINATO_FIELD(keep, kPass),
        OSTINATO_FIELD(threads, kPass),
        OSTINATO_FIELD(out, kPass),
        OSTINATO_FIELD(out_batch, kPass),
        OSTINATO_FIELD(out_step, kPass),
        OSTINATO_FIELD(h_n, kPass),
        OSTINATO_FIELD(c_n, kNone),
        OSTINATO_FIELD(gates, kPass),
        OSTINATO_FIELD(cells, kPass),
        OSTINATO_FIELD(norm, kPass),
        OSTINATO_FIELD(outputs, kPass),
        OSTINATO_FIELD(zoneout, kNone),
        OSTINATO_FIELD(zoneout_cell, kNone),
        OSTINATO_FIELD(zoneout_rate, kLayer),
        OSTINATO_FIELD(zoneout_cell_rate, kLayer),
        OSTINATO_FIELD(peephole, kLayer),
        OSTINATO_FIELD(cell_sequence, kNone),
        OSTINATO_FIELD(gain_ih, kLayer),
        OSTINATO_FIELD(gain_hh, kLayer),
        OSTINATO_FIELD(gain_cell, kLayer),
        OSTINATO_FIELD(bias_cell, kLayer),
        OSTINATO_FIELD(eps, kLayer),
        OSTINATO_FIELD(grad_out, kBack),
        OSTINATO_FIELD(grad_out_batch, kBack),
        OSTINATO_FIELD(grad_out_step, kBack),
        OSTINATO_FIELD(grad_h_n, kBack),
        OSTINATO_FIELD(grad_c_n, kNone),
        OSTINATO_FIELD(grad_cell_sequence, kNone),
        OSTINATO_FIELD(grad_x, kBack),
        OSTINATO_FIELD(grad_h0, kBack),
        OSTINATO_FIELD(grad_c0, kNone),
        OSTINATO_FIELD(grad_h_reset, kBack),
        OSTINATO_FIELD(grad_c_reset, kNone),
        OSTINATO_FIELD(grad_w_ih, kBack),
        OSTINATO_FIELD(grad_w_hh, kBack),
        OSTINATO_FIELD(grad_b_ih, kBack),
        OSTINATO_FIELD(grad_b_hh, kBack),
        OSTINATO_FIELD(grad_peephole, kNone),
        OSTINATO_FIELD(grad_gain_ih, kNone),
        OSTINATO_FIELD(grad_gain_hh, kNone),
        OSTINATO_FIELD(grad_gain_cell, kNone),
        OSTINATO_FIELD(grad_bias_cell, kNone),
        OSTINATO_FIELD(grad_w_hr, kNone),
    };
#undef OSTINATO_FIELD
    return all;
}

// A call that is filled in field by field.
template <class T>
class Given {
public:
    Call<T> call{};

    void set(nb::handle named) {
        PyObject *name, *value;
        for (Py_ssize_t at = 0; PyDict_Next(named.ptr(), &at, &name, &value);) {
            const size_t k = place(name);
            try {
                fields<T>()[k].read(value, call);
            } catch (nb::python_error& error) {
                nb::raise_from(error, PyExc_TypeError, "a kernel's call: field '%s' has no value of its kind",
                               fields<T>()[k].name);
            }
            given_[k] = true;
        }
    }
    // Raises where a field that is needed for this was never given.
    void check(Need need) const {
        for (size_t k = 0; k < fields<T>().size(); ++k)
            if (fields<T>()[k].needs & need && !given_[k])
                nb::raise_type_error("a kernel's call: field '%s' is missing", fields<T>()[k].name);
    }
    // Raises where another field was given as well.
    void check_only(Need need) const {
        for (size_t k = 0; k < fields<T>().size(); ++k)
            if (!(fields<T>()[k].needs & need) && given_[k])
                nb::raise_type_error("a layer to pack: it has no field '%s'", fields<T>()[k].name);
    }

private:
    static size_t place(PyObject* name) {
        // Kept for good: the interpreter may be gone before the library is.
        static PyObject* const places = [] {
            PyObject* made = PyDict_New();
            for (size_t k = 0; k < fields<T>().size(); ++k)
                PyDict_SetItemString(made, fields<T>()[k].name, PyLong_FromSize_t(k));
            return made;
        }();
        PyObject* found = PyDict_GetItemWithError(places, name);
        if (!found) {
            if (PyErr_Occurred()) throw nb::python_error();
            nb::raise_type_error("a kernel's call: there is no field %s", nb::repr(name).c_str());
        }
        return PyLong_AsSize_t(found);
    }
    std::bitset<128> given_;
};

}  // namespace ostinato
