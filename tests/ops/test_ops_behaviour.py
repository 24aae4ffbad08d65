"""Which path serves, padding, NaN, empty batches, half precision, and what wrong arguments hear."""

from __future__ import annotations

import warnings

import pytest
import torch
from ops_cases import CELLS, OPTIONS, arguments, call, cast, gradients

from ostinato import ops
from ostinato.errors import FallbackWarning, OptionError, ShapeError
from ostinato.ops import native
from tolerances import FORWARD, assert_near

pytestmark = pytest.mark.usefixtures("one_thread")

FLOAT = torch.float32
PADDED = [(cell, extra) for cell in CELLS for extra in ((), ("reverse",), ("resets",))]


@pytest.mark.parametrize(("cell", "extra"), PADDED)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_padding_is_never_read(cell, extra, dtype, plain_path):
    given = cast(arguments(cell, ("lengths", *extra)), dtype)
    clean, clean_grads = call(cell, given), gradients(cell, given)
    inside = torch.arange(given["x"].shape[1]) < given["lengths"].unsqueeze(1)
    dirty = given | {"x": given["x"].masked_fill(~inside.unsqueeze(2), float("nan"))}
    for found, wanted in zip(call(cell, dirty), clean, strict=True):
        assert torch.equal(found, wanted)
    for found, wanted in zip(gradients(cell, dirty), clean_grads, strict=True):
        assert torch.equal(found, wanted)
    assert (clean[0][~inside] == 0).all()
    # The second sequence is empty: its state is the initial one.
    assert torch.equal(clean[1][1], given["h0"][1])


@pytest.mark.parametrize(("cell", "extra"), PADDED)
def test_more_padding_changes_nothing(cell, extra, plain_path):
    given = arguments(cell, ("lengths", *extra))
    longer = dict(given)
    for name in ("x", "resets"):
        if name in given:
            tail = given[name][:, :1].expand(-1, 4, *given[name].shape[2:])
            longer[name] = torch.cat([given[name], tail], 1)
    found, wanted = call(cell, longer), call(cell, given)
    assert (found[0][:, given["x"].shape[1] :] == 0).all()
    assert_near(found[0][:, : given["x"].shape[1]], wanted[0], FORWARD[torch.float64])
    for value, expected in zip(found[1:], wanted[1:], strict=True):
        assert_near(value, expected, FORWARD[torch.float64])


@pytest.mark.parametrize("reverse", [False, True])
def test_the_cell_state_is_the_one_at_the_length(reverse, plain_path):
    given = cast(arguments("lstm", ("lengths",)), FLOAT) | {"reverse": reverse}
    assert ops.path("lstm", lengths=True) == plain_path
    c_n = call("lstm", given)[2]
    for b, length in enumerate(given["lengths"].tolist()):
        alone = {n: v[b : b + 1] for n, v in given.items() if n in ("x", "h0", "c0")}
        alone["x"] = alone["x"][:, :length]
        wanted = call("lstm", given | alone | {"lengths": None})[2]
        assert_near(c_n[b : b + 1], wanted, FORWARD[FLOAT])
    spared = call("lstm", given | {"need_cell": False})
    assert spared[2] is None or torch.equal(spared[2], c_n)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("option", [None, "resets"])
def test_nan_stays_in_its_sequence_and_goes_on_in_it(cell, option, plain_path):
    given = arguments(cell, [option] if option else [])
    given.pop("resets", None)
    if option:
        given["resets"] = torch.zeros(5, 6, dtype=torch.bool)
    given["x"][2, 3, 0] = float("nan")
    for dtype in (torch.float32, torch.float64):
        outputs, h_n = call(cell, cast(given, dtype))[:2]
        assert outputs[2, 3:].isnan().all()
        assert h_n[2].isnan().all()
        assert not outputs[2, :3].isnan().any()
        assert not outputs[[0, 1, 3, 4]].isnan().any()


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("sizes", [{"batch": 0}, {"steps": 0}])
@pytest.mark.parametrize("options", [(), ("reverse",), ("resets",)])
def test_nothing_in_gives_nothing_out(cell, sizes, options, plain_path):
    given = arguments(cell, options, **({"batch": 1} | sizes))
    outputs, *states = call(cell, given)
    assert outputs.shape == (*given["x"].shape[:2], 4)
    for state, name in zip(states, ("h0", "c0"), strict=False):
        assert torch.equal(state, given[name])
    assert all(grad.isfinite().all() for grad in gradients(cell, given))
    traced = ops.trace(cell, given.pop("x"), **given)
    assert traced["h"].shape == outputs.shape


@pytest.mark.parametrize("cell", CELLS)
def test_every_sequence_empty(cell, plain_path):
    given = arguments(cell) | {"lengths": torch.zeros(5, dtype=torch.int32)}
    outputs, h_n = call(cell, given)[:2]
    assert (outputs == 0).all()
    assert torch.equal(h_n, given["h0"])


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("options", [(), ("lengths", "resets")])
def test_bfloat16(cell, options):
    given = arguments(cell, options)
    given = {n: v * 0.3 if n.startswith("w_") else v for n, v in given.items()}
    found = call(cell, cast(given, torch.bfloat16))
    assert found[0].dtype == torch.bfloat16
    wanted = call(cell, cast(cast(given, torch.bfloat16), torch.float64))
    for value, expected in zip(found, wanted, strict=True):
        assert_near(value, expected, FORWARD[torch.bfloat16])


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("cell", CELLS)
def test_narrow_types_are_summed_in_float32(cell, dtype, plain_path):
    if plain_path != "native":
        pytest.skip("the kernels are not installed")
    given = cast(arguments(cell, ("lengths", "layer_norm")), dtype)
    found, wide = call(cell, given), call(cell, cast(given, torch.float32))
    for value, expected in zip(found, wide, strict=True):
        assert value.dtype == dtype
        assert torch.equal(value, expected.to(dtype))
    assert all(g.isfinite().all() and g.dtype == dtype for g in gradients(cell, given))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("options", [(), ("lengths",), ("layer_norm",)])
def test_autocast_runs_and_learns(cell, options):
    given = cast(arguments(cell, options), FLOAT)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = gradients(cell, given)
        given["x"] = given["x"].bfloat16()
        call(cell, given)
    wanted = gradients(cell, given | {"x": given["x"].float()})
    for value, expected in zip(found[1:], wanted[1:], strict=True):
        # A gradient adds up errors of bfloat16 over steps and rows.
        assert_near(value, expected, 5 * FORWARD[torch.bfloat16])


@pytest.mark.parametrize("cell", CELLS)
def test_path_names_what_serves(cell, plain_path):
    plain = ops.path(cell, device="cpu", dtype=torch.float64)
    assert plain == plain_path
    assert ops.path(cell, dtype=torch.float64, lengths=True, reverse=True) == plain_path
    narrow = "native" if plain_path == "native" else "torch"
    assert ops.path(cell, dtype=torch.bfloat16) == narrow
    episodes = "native" if plain_path == "native" else "reference"
    assert ops.path(cell, resets=True, recurrent_mask=True) == episodes
    special = {"zoneout": episodes, "layer_norm": episodes}
    if cell == "lstm":
        own = ("zoneout_cell", "peephole", "coupled_gates", "cell_sequence")
        special |= dict.fromkeys(own, episodes) | {"w_hr": episodes}
    for option, expected in special.items():
        assert ops.path(cell, dtype=torch.float64, **{option: True}) == expected, option
    assert ops.path(cell, dtype=torch.float16) == ("native" if narrow == "native" else "reference")
    assert ops.path("gru", reset_after=False) == episodes
    assert ops.path("gru", reset_after=False, layer_norm=True) == episodes
    with pytest.raises(OptionError, match=r"ops.path: option must be .* Did you mean 'peephole'"):
        ops.path(cell, peepholes=True)
    with pytest.raises(OptionError, match="Did you mean 'lstm'"):
        ops.path("lsmt")


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": torch.zeros(5, 6).double()}, ShapeError, r"x must have shape \(batch, steps, input"),
        ({"h0": torch.zeros(4, 4).double()}, ShapeError, r"h0 must have shape \(5, 4\), got"),
        ({"w_hh": torch.zeros(4, 3).double()}, ShapeError, "w_hh must have shape"),
        ({"lengths": torch.tensor([1, 2])}, ShapeError, r"lengths must have shape \(5,\)"),
        ({"lengths": torch.tensor([7, 1, 1, 1, 1])}, ShapeError, "lengths must be from 0 to 6"),
        ({"lengths": torch.tensor([-1, 1, 1, 1, 1])}, ShapeError, "lengths .* got -1 to 1"),
        ({"resets": torch.zeros(5, 7) > 0}, ShapeError, "resets must have shape"),
        (
            {"zoneout": 1.5},
            OptionError,
            "zoneout must be a number at least 0 and at most 1",
        ),
        ({"layer_norm": (torch.ones(4),)}, OptionError, r"layer_norm must be \(gain_ih, gain_hh"),
        ({"zoneout": torch.zeros(5, 6, 4)}, OptionError, "zoneout must be booleans, got torch.flo"),
        ({"lengths": torch.ones(5)}, OptionError, "lengths must be integers, got torch.float32"),
        ({"resets": torch.ones(5, 6)}, OptionError, "resets must be booleans, got torch.float32"),
    ],
)
@pytest.mark.parametrize("cell", CELLS)
def test_wrong_arguments_hear_the_rule(cell, change, error, message):
    with pytest.raises(error, match=f"ops.{cell}: {message}"):
        call(cell, arguments(cell) | change)


def test_misspelt_activation():
    with pytest.raises(OptionError, match="activation must be one of 'tanh', 'relu', got 'rellu'"):
        call("rnn", arguments("rnn") | {"activation": "rellu"})


@pytest.mark.parametrize(
    ("cell", "option"), [(cell, option) for cell in CELLS for option in ("plain", *OPTIONS[cell])]
)
def test_the_same_call_gives_the_same_bits(cell, option, plain_path):
    given = cast(arguments(cell, [option]) if option != "plain" else arguments(cell), FLOAT)
    for one, two in zip(call(cell, given), call(cell, given), strict=True):
        assert torch.equal(one, two)


def test_without_the_extension_it_runs_and_says_so_once(monkeypatch):
    monkeypatch.setattr(native, "load", lambda: None)
    native.announce_once.cache_clear()
    with pytest.warns(FallbackWarning, match="without its native kernels"):
        call("rnn", arguments("rnn"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        call("rnn", arguments("rnn"))
    assert ops.native_info() == {}


def test_native_info_names_compiler_and_instructions():
    info = ops.native_info()
    if info:
        assert info["instructions"] in ("avx512", "avx2", "neon", "baseline")
        assert info["compiler"]
