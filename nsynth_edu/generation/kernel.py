"""The compiled part of the stream engine: everything that is done sixteen thousand times a second.

It is one file, because Numba's cache of compiled code notices changes to this file only. Weights
are stored in blocks of 64 outputs, whose sums stay in registers while the inputs go by. For
integers, two neighbouring inputs of 16 bits, or four of 8, are multiplied and summed by a few
instructions where the processor has them (x86 with AVX2); elsewhere by ordinary ones, with the
same result to the bit.

How to change this file: `make_samples` is the network, to be read like `WaveNet.step`, and
`choose` how the next sample is taken from the logits; change `reference` first, and the tests hold
both equal. Arguments are named tuples: a new weight or buffer is one more field, filled in
`stream`. Another type of weights takes `packing.pack` (their layout), `keep` (how a signal is
rounded) and `multiply` in `block_sums` (one product). `block_sums` alone is LLVM code, as Numba
cannot be made to emit those instructions; its path without hardware is the specification. In the
loop: no slices, no allocation, no Python objects; constants are `np.float32(...)`, or Numba
computes in float64; with fast math nothing may test for NaN. Measure with `nsynth-edu bench`.
"""

from typing import NamedTuple

import llvmlite.binding
import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic, overload

BLOCK = 64  # outputs whose sums are kept in registers
LANES = 8  # 32-bit numbers handled at once
LENGTH = 46_300  # its square, and what rounding adds, stay below 2 ** 31
SUMS_IN_HARDWARE = bool(llvmlite.binding.get_host_cpu_features().get("avx2"))
# error_model: a division that has to check for zero is not vectorised
FAST = {"fastmath": True, "nogil": True, "cache": True, "error_model": "numpy"}


class Products(NamedTuple):
    """Matrices as `packing.pack_stack` returns them; sizes as in `Matrices`."""

    first: tuple
    skip_start: tuple
    dilated: tuple  # layer by layer, oldest tap first
    residual: tuple  # one per layer
    skip: tuple  # one per layer
    out: tuple
    logits: tuple  # integers: and the rounding remainder of the first


class Biases(NamedTuple):
    """Biases that hold for the whole sound."""

    start: np.ndarray  # (R,)
    skip_start: np.ndarray  # (S,), those of all layers' skip outputs included
    residual: np.ndarray  # (L, R)
    logits: np.ndarray  # (classes,)


class FrameBiases(NamedTuple):
    """Biases that hold for a frame: the layers' own, plus what they are conditioned on."""

    layers: np.ndarray  # (L, 2R)
    out: np.ndarray  # (S,)


class Clock(NamedTuple):
    """The pitch clock of the next n samples; one row of delays serves all while the pitch holds."""

    waves: np.ndarray  # (n, channels)
    delays: np.ndarray  # (n or 1, 4, period taps) int64
    weights: np.ndarray  # (n or 1, 4, period taps)


class Memory(NamedTuple):
    """All that a voice remembers from one call to the next."""

    queues: np.ndarray  # (slots, R rounded up to 4), of all layers, in the type of the weights
    queue_scales: np.ndarray  # (slots,)
    far_taps: np.ndarray  # (L, look-ahead, 2R rounded up): all taps but the newest
    recent: np.ndarray  # newest samples, oldest first, companded
    periods: np.ndarray  # ring of samples for the period taps
    tapped: np.ndarray  # (sides, period taps): what those read last
    made: np.ndarray  # (1,) samples made


@njit(inline="always")
def room(outputs):
    """How many floats a product writes: whole blocks."""
    return outputs + -outputs % BLOCK


def keep(y, x):
    """Fill y with x, rounded to y's type; returns the scale, so that x = y * scale."""
    raise NotImplementedError("compiled code only")


@overload(keep, jit_options={"fastmath": True, "error_model": "numpy"})
def _keep(y, x):
    if isinstance(y.dtype, types.Float):

        def copy(y, x):
            for i in range(x.size):
                y[i] = x[i]
            return np.float32(1)

        return copy

    if y.dtype == types.int8:

        def to_8_bits(y, x):
            largest = np.float32(1e-12)
            for i in range(x.size):
                largest = max(largest, abs(x[i]))
            steps = np.float32(127) / largest
            for i in range(x.size):
                y[i] = np.int8(np.int32(np.rint(x[i] * steps)))
            return largest / np.float32(127)

        return to_8_bits

    def to_16_bits(y, x):
        largest, square = np.float32(0), np.float32(0)
        for i in range(x.size):
            largest = max(largest, abs(x[i]))
            square += x[i] * x[i]
        scale = max(largest / np.float32(32767), np.sqrt(square) / np.float32(LENGTH))
        scale = max(scale, np.float32(1e-12))
        steps = np.float32(1) / scale
        for i in range(x.size):
            y[i] = np.int16(np.rint(x[i] * steps))
        return scale

    return to_16_bits


@njit(**FAST)
def add_product(y, x, scale, weights, index=0):
    """y += (x * scale) @ weights[index].

    Args:
        y: address of float32, as many as `room` says.
        x, scale: what `keep` filled, in complete groups, and what it returned.
        weights: what `packing.pack` returns of several matrices, stacked.
    """
    packed, scales = weights
    blocks = packed.shape[1]
    step = packed.itemsize * (packed.size // (packed.shape[0] * blocks))
    for block in range(blocks):
        place = index * blocks + block
        add_block(
            y + 4 * BLOCK * block, x.ctypes.data, scale, packed.ctypes.data + step * place,
            scales.ctypes.data + 4 * BLOCK * place, packed.shape[2], packed,
        )  # fmt: skip


@njit(**FAST)
def add_products(ys, count, past, past_scale, offset, start, length, weights, index):
    """ys[row] += past[slot] @ weights[index] for `count` rows, one block after another.

    A block stays in the cache for all rows. The slot of row r is offset + (start + r) % length.
    """
    packed, scales = weights
    blocks = packed.shape[1]
    step = packed.itemsize * (packed.size // (packed.shape[0] * blocks))
    row_bytes, slot_bytes = 4 * BLOCK * blocks, past.itemsize * past.shape[1]
    for block in range(blocks):
        place = index * blocks + block
        for row in range(count):
            slot = offset + (start + row) % length
            add_block(
                ys + row_bytes * row + 4 * BLOCK * block, past.ctypes.data + slot_bytes * slot,
                past_scale[slot], packed.ctypes.data + step * place,
                scales.ctypes.data + 4 * BLOCK * place, packed.shape[2], packed,
            )  # fmt: skip


@intrinsic
def add_block(typingctx, y, x, scale, weights, scales, count, packed):
    """y += (x * scale) @ weights for 64 outputs and `count` (groups of) inputs.

    All arguments are addresses but scale, count, and packed, the array that weights are part of.
    """
    address = types.intp
    bits = packed.dtype.bitwidth if isinstance(packed.dtype, types.Integer) else None
    signature = types.void(*2 * [address], types.float32, *3 * [address], packed)
    return signature, block_sums(bits, SUMS_IN_HARDWARE)


def block_sums(bits, hardware):
    """Emit the instructions: float32 where bits is None, else groups of integers."""
    i16, i32 = ir.IntType(16), ir.IntType(32)
    floats = ir.VectorType(ir.FloatType(), LANES)
    lanes = floats if bits is None else ir.VectorType(i32, LANES)
    group = 1 if bits is None else 32 // bits
    pairs = ir.VectorType(i16, 2 * LANES)
    stored = floats if bits is None else ir.VectorType(ir.IntType(bits), group * LANES)
    indices = ir.VectorType(i32, LANES)

    def spread(builder, value):
        empty = ir.Constant(ir.VectorType(value.type, LANES), ir.Undefined)
        first = builder.insert_element(empty, value, ir.Constant(i32, 0))
        return builder.shuffle_vector(first, empty, ir.Constant(indices, [0] * LANES))

    def call(builder, name, result, *arguments):
        kinds = ir.FunctionType(result, [argument.type for argument in arguments])
        instruction = builder.module.declare_intrinsic(f"llvm.x86.avx2.{name}", fnty=kinds)
        return builder.call(instruction, arguments)

    def multiply(builder, signal, weight):
        if bits is None:
            return builder.fmul(signal, weight, flags=["fast"])
        if hardware and bits == 16:
            return call(builder, "pmadd.wd", lanes, signal, weight)
        if hardware:  # |x| * (w with the sign of x): 127 * 127 * 2 fits into 16 bits
            ones = ir.Constant(pairs, [1] * 2 * LANES)
            zero = ir.Constant(stored, None)
            negative = builder.icmp_signed("<", signal, zero)
            size = builder.select(negative, builder.sub(zero, signal), signal)
            weight = call(builder, "psign.b", stored, weight, signal)
            both = call(builder, "pmadd.ub.sw", pairs, size, weight)
            return call(builder, "pmadd.wd", lanes, both, ones)
        total = ir.Constant(lanes, None)  # without hardware: what those instructions compute
        for start in range(group):
            chosen = ir.Constant(indices, list(range(start, group * LANES, group)))
            one, other = (
                builder.sext(builder.shuffle_vector(x, x, chosen), lanes) for x in (signal, weight)
            )
            total = builder.add(total, builder.mul(one, other))
        return total

    def codegen(context, builder, signature, arguments):
        y, x, scale, weights, scales, count = arguments[:6]
        registers = [
            cgutils.alloca_once_value(builder, ir.Constant(lanes, None))
            for _ in range(BLOCK // LANES)
        ]
        inputs = builder.inttoptr(x, (ir.FloatType() if bits is None else i32).as_pointer())
        rows = builder.inttoptr(weights, stored.as_pointer())
        with cgutils.for_range(builder, count) as loop:
            signal = spread(builder, builder.load(builder.gep(inputs, [loop.index]), align=1))
            signal = builder.bitcast(signal, stored)
            first = builder.mul(loop.index, ir.Constant(loop.index.type, len(registers)))
            for k, register in enumerate(registers):
                place = builder.gep(rows, [builder.add(first, ir.Constant(first.type, k))])
                product = multiply(builder, signal, builder.load(place, align=1))
                old = builder.load(register)
                new = (
                    builder.fadd(old, product, flags=["fast"])
                    if bits is None
                    else builder.add(old, product)
                )
                builder.store(new, register)
        result = builder.inttoptr(y, floats.as_pointer())
        scale = spread(builder, scale)
        scales = builder.inttoptr(scales, floats.as_pointer())
        for k, register in enumerate(registers):
            index = [ir.Constant(i32, k)]
            total = builder.load(register)
            if bits is not None:
                each = builder.load(builder.gep(scales, index), align=4)
                total = builder.fmul(builder.sitofp(total, floats), builder.fmul(scale, each))
            place = builder.gep(result, index)
            builder.store(builder.fadd(builder.load(place, align=4), total), place, align=4)
        return context.get_dummy_value()

    return codegen


@njit(inline="always")
def tanh(x):
    """Lambert's continued fraction, within 1e-5: one division, where exp would not vectorise."""
    x = min(max(x, np.float32(-6.5)), np.float32(6.5))
    s = x * x
    numerator = (
        (((s + np.float32(990)) * s + np.float32(135135)) * s + np.float32(4729725)) * s
        + np.float32(34459425)
    ) * x
    denominator = (
        ((np.float32(45) * s + np.float32(13860)) * s + np.float32(945945)) * s
        + np.float32(16216200)
    ) * s + np.float32(34459425)
    return min(max(numerator / denominator, np.float32(-1)), np.float32(1))


@njit(inline="always")
def exp(x):
    """exp for x <= 0 (x >= -20) within 1e-5: a short series for x / 64, squared six times."""
    x = max(x, np.float32(-20)) * np.float32(1 / 64)
    y = np.float32(1 / 24) + x * (np.float32(1 / 120) + x * np.float32(1 / 720))
    y = np.float32(1) + x * (
        np.float32(1) + x * (np.float32(0.5) + x * (np.float32(1 / 6) + x * y))
    )
    for _ in range(6):
        y = y * y
    return y


@njit(**FAST)
def choose(logits, uniform, temperature):
    """The next sample as a class number, see `reference.choose`; overwrites the logits."""
    best = np.argmax(logits)
    if temperature == 0:
        return np.float32(best)
    top, inverse = logits[best], np.float32(1) / temperature
    for j in range(logits.size):
        logits[j] = exp((logits[j] - top) * inverse)
    if uniform < 0:
        mean, total = np.float32(0), np.float32(0)
        for j in range(logits.size):
            mean += logits[j] * np.float32(j - best)
            total += logits[j]
        return np.float32(best) + mean / total
    reached, target = np.float32(0), uniform * logits.sum()
    for j in range(logits.size):
        reached += logits[j]
        if reached > target:
            return np.float32(j)
    return np.float32(logits.size - 1)


@njit(**FAST)
def fill_inputs(inputs, n, clock, memory):
    """Fill inputs: newest samples, the phase clock of sample n, and what the period taps read."""
    recent, waves, tapped, ring = memory.recent, clock.waves, memory.tapped, memory.periods
    sides, taps = tapped.shape
    row, now = min(n, clock.delays.shape[0] - 1), memory.made[0]
    ring[now % ring.size] = recent[-1]
    for j in range(recent.size):
        inputs[j] = recent[j]
    for j in range(waves.shape[1]):
        inputs[recent.size + j] = waves[n, j]
    first = recent.size + waves.shape[1]
    for tap in range(taps):
        past = np.float32(0)
        for k in range(4):
            past += clock.weights[row, k, tap] * ring[(now - clock.delays[row, k, tap]) % ring.size]
        for side in range(sides - 1):
            tapped[side, tap] = tapped[side + 1, tap]
        tapped[-1, tap] = past
        for side in range(sides):
            inputs[first + side * taps + tap] = tapped[side, tap]


@njit(**FAST)
def make_samples(
    products, biases, dilations, offsets, frame, clock, uniforms, temperature, forced, logits_out,
    memory,
):  # fmt: skip
    """Generate len(uniforms) samples.

    Args:
        products: Products. biases: Biases. frame: FrameBiases. clock: Clock.
        dilations: (L,) int64. offsets: where each layer's queue begins; for integers one more,
            that of the first layer's rounding remainder.
        uniforms, temperature: see `choose`.
        forced: (n,) float32 class numbers to take instead, or none.
        logits_out: (n, classes) to be filled, or none.
        memory: Memory, updated.

    Returns:
        (n,) float32 class numbers.
    """
    queues, queue_scales, far_taps = memory.queues, memory.queue_scales, memory.far_taps
    recent, made = memory.recent, memory.made
    count, width = biases.residual.shape
    taps = products.dilated[0].shape[0] // count
    parts = products.logits[0].shape[0]  # 2 for integers: rounded weights and their remainder
    skips, classes, one = biases.skip_start.size, biases.logits.size, np.float32(1)
    half = np.float32(classes // 2)
    result = np.empty(uniforms.size, np.float32)
    # no slices in the loop: each would be counted and checked, for every sample and layer
    inputs = np.zeros(recent.size + clock.waves.shape[1] + memory.tapped.size, np.float32)
    x, gated = np.empty(room(width), np.float32)[:width], np.empty(width, np.float32)
    hidden = np.empty(room(2 * width), np.float32)
    skip = np.empty(room(skips), np.float32)[:skips]
    out = np.empty(room(skips), np.float32)[:skips]
    logits = np.empty(room(classes), np.float32)[:classes]
    rounded_x = np.zeros(queues.shape[1], queues.dtype)  # signals as the products read them
    rounded_gated = np.zeros(queues.shape[1], queues.dtype)
    rounded_skip = np.zeros(skips + -skips % 4, queues.dtype)
    remainder = np.empty(width, np.float32)  # of x after rounding
    for n in range(uniforms.size):
        fill_inputs(inputs, n, clock, memory)
        for j in range(width):
            x[j] = biases.start[j]
        add_product(x.ctypes.data, inputs, one, products.first)
        scale = keep(rounded_x, x)
        for j in range(skips):
            skip[j] = biases.skip_start[j]
        add_product(skip.ctypes.data, rounded_x, scale, products.skip_start)
        for layer in range(count):
            dilation = dilations[layer]
            length = (taps - 1) * dilation
            span = min(dilation, far_taps.shape[1])
            row = n % span
            if row == 0:  # look ahead: far taps of the next `span` samples
                rows = min(span, uniforms.size - n)
                for r in range(rows):
                    for j in range(2 * width):
                        far_taps[layer, r, j] = frame.layers[layer, j]
                for part in range(parts if layer == 0 else 1):
                    for tap in range(taps - 1):
                        add_products(
                            far_taps.ctypes.data + layer * far_taps.strides[0], rows, queues,
                            queue_scales, offsets[layer + part * count], made[0] + tap * dilation,
                            length, products.dilated, layer * taps + tap,
                        )  # fmt: skip
            for j in range(2 * width):
                hidden[j] = far_taps[layer, row, j]
            scale = keep(rounded_x, x)
            for part in range(parts if layer == 0 else 1):
                if part:
                    for j in range(width):
                        remainder[j] = x[j] - rounded_x[j] * scale
                    scale = keep(rounded_x, remainder)
                newest = layer * taps + taps - 1
                add_product(hidden.ctypes.data, rounded_x, scale, products.dilated, newest)
                if length:
                    slot = offsets[layer + part * count] + made[0] % length
                    queue_scales[slot] = scale
                    for j in range(rounded_x.size):
                        queues[slot, j] = rounded_x[j]
            for j in range(width):
                sigmoid = np.float32(0.5) * tanh(np.float32(0.5) * hidden[j]) + np.float32(0.5)
                gated[j] = sigmoid * tanh(hidden[width + j])
            scale = keep(rounded_gated, gated)
            for j in range(width):
                x[j] += biases.residual[layer, j]
            add_product(x.ctypes.data, rounded_gated, scale, products.residual, layer)
            add_product(skip.ctypes.data, rounded_gated, scale, products.skip, layer)
        for j in range(skips):
            skip[j] = max(skip[j], np.float32(0))
            out[j] = frame.out[j]
        scale = keep(rounded_skip, skip)
        add_product(out.ctypes.data, rounded_skip, scale, products.out)
        for j in range(skips):
            out[j] = max(out[j], np.float32(0))
        for j in range(classes):
            logits[j] = biases.logits[j]
        scale = keep(rounded_skip, out)
        for part in range(parts):
            add_product(logits.ctypes.data, rounded_skip, scale, products.logits, part)
        if logits_out.size:
            logits_out[n] = logits
        chosen = forced[n] if forced.size else choose(logits, uniforms[n], temperature)
        result[n] = chosen
        for j in range(recent.size - 1):
            recent[j] = recent[j + 1]
        recent[-1] = (chosen - half) / half
        made[0] += 1
    return result
