"""The compiled part of the stream engine: everything that is done sixteen thousand times a second.

It lies in one file, because Numba's cache of compiled code notices changes of this file only.

Matrix times vector: weights lie in blocks of 64 outputs, whose sums stay in registers while the
inputs go by. In whole numbers two neighbouring inputs of 16 bits, or four of 8, are multiplied and
summed by a few instructions where the processor has them (x86 with AVX2); elsewhere by ordinary
ones, with the same result to the bit.
"""

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
# error_model: a division that must look out for zero is not made eight at a time
FAST = {"fastmath": True, "nogil": True, "cache": True, "error_model": "numpy"}


def pack(matrix, dtype):
    """Lay out weights as `add_product` reads them, and round them if asked.

    Every output has a scale of its own: its largest weight fills the range, and where that has 16
    bits its length as a vector stays below `LENGTH`. The length of a signal of 16 bits does, too,
    so that the sum of all products cannot overflow 32 bits (Cauchy and Schwarz).

    Args:
        matrix: (inputs, outputs) float32.
        dtype: "float32", "int16" or "int8", of the signal, too.

    Returns:
        packed: float32 (blocks, inputs, 64), or whole numbers (blocks, groups, 64, inputs of a
            group); a group of inputs has 32 bits.
        scale: (blocks * 64,) float32: weight = packed * scale.
    """
    inputs, outputs = matrix.shape
    group = 4 // np.dtype(dtype).itemsize
    wide = np.zeros((inputs + -inputs % group, room.py_func(outputs)), np.float32)
    wide[:inputs, :outputs] = matrix
    blocks = wide.shape[1] // BLOCK
    if dtype == "float32":
        packed = wide.reshape(inputs, blocks, BLOCK).transpose(1, 0, 2)
        return np.ascontiguousarray(packed), np.ones(wide.shape[1], np.float32)
    whole, scale = rounded(wide, dtype)
    packed = whole.astype(dtype).reshape(-1, group, blocks, BLOCK)
    return np.ascontiguousarray(packed.transpose(2, 0, 3, 1)), scale


def rounded(matrix, dtype):
    """Weights (inputs, outputs) as whole numbers (still float32), and the scale of each output."""
    scale = np.abs(matrix).max(0) / np.iinfo(dtype).max
    if dtype == "int16":
        scale = np.maximum(scale, np.sqrt(np.square(matrix).sum(0)) / LENGTH)
    scale = np.maximum(scale, 1e-12).astype(np.float32)  # an output may have no weights
    return np.rint(matrix / scale), scale


@njit(inline="always")
def room(outputs):
    """How many floats a product writes: whole blocks."""
    return outputs + -outputs % BLOCK


def keep(y, x):
    """Fill y with x, rounded to what y's type can hold -> scale, so that x = y * scale."""
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

        def to_bytes(y, x):
            largest = np.float32(1e-12)
            for i in range(x.size):
                largest = max(largest, abs(x[i]))
            steps = np.float32(127) / largest
            for i in range(x.size):
                y[i] = np.int8(np.int32(np.rint(x[i] * steps)))
            return largest / np.float32(127)

        return to_bytes

    def to_whole_numbers(y, x):
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

    return to_whole_numbers


@njit(**FAST)
def add_product(y, x, scale, weights, index=0):
    """y += (x * scale) @ weights[index].

    Args:
        y: address of float32, as many as `room` says. x, scale: what `keep` filled, whole groups;
            and what it returned.
        weights: what `pack` returns of several matrices, stacked.
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
    wide, narrow = 4 * BLOCK * blocks, past.itemsize * past.shape[1]
    for block in range(blocks):
        place = index * blocks + block
        for row in range(count):
            slot = offset + (start + row) % length
            add_block(
                ys + wide * row + 4 * BLOCK * block, past.ctypes.data + narrow * slot,
                past_scale[slot], packed.ctypes.data + step * place,
                scales.ctypes.data + 4 * BLOCK * place, packed.shape[2], packed,
            )  # fmt: skip


@intrinsic
def add_block(typingctx, y, x, scale, weights, scales, count, packed):
    """y += (x * scale) @ weights for 64 outputs and `count` (groups of) inputs.

    All addresses but scale and packed, the array of which weights are part.
    """
    address = types.intp
    bits = packed.dtype.bitwidth if isinstance(packed.dtype, types.Integer) else None
    signature = types.void(*2 * [address], types.float32, *3 * [address], packed)
    return signature, block_sums(bits, SUMS_IN_HARDWARE)


def block_sums(bits, hardware):
    """Write the instructions: float32 where bits is None, else groups of whole numbers."""
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
        total = ir.Constant(lanes, None)
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
def draw(logits, uniform, temperature):
    """Inverse of the cumulative distribution, as in reference.sample_classes."""
    best = np.argmax(logits)
    if temperature == 0:
        return best
    top, warmth = logits[best], np.float32(1) / temperature
    for j in range(logits.size):
        logits[j] = exp((logits[j] - top) * warmth)
    rung, target = np.float32(0), uniform * logits.sum()
    for j in range(logits.size):
        rung += logits[j]
        if rung > target:
            return j
    return logits.size - 1


@njit(**FAST)
def fill_inputs(inputs, recent, waves, n, tapped, delays, shares, memory, made):
    """Fill inputs: newest samples, the phase clock of sample n, and what the period taps read."""
    oldest, sides = recent.size + waves.shape[1], tapped.shape[0]
    row = min(n, delays.shape[0] - 1)  # one row serves all samples while the pitch holds
    for j in range(recent.size):
        inputs[j] = recent[j]
    for j in range(waves.shape[1]):
        inputs[recent.size + j] = waves[n, j]
    for tap in range(tapped.shape[1]):
        past = np.float32(0)
        for k in range(4):
            past += shares[row, k, tap] * memory[(made - delays[row, k, tap]) % memory.size]
        for side in range(sides - 1):
            tapped[side, tap] = tapped[side + 1, tap]
        tapped[-1, tap] = past
        for side in range(sides):
            inputs[oldest + side * tapped.shape[1] + tap] = tapped[side, tap]


@njit(**FAST)
def make_samples(weights, biases, clock, uniforms, temperature, forced, logits, voice):
    """Generate len(uniforms) samples; the arrays of `voice` carry on to the next call.

    Args:
        weights: see `Weights.arrays`. biases: what conditioning adds this frame, see there.
        clock: waves (n, channels); whole delays (n or 1, 4, P) and weights (n or 1, 4, P) of the
            period taps.
        forced: (n,) classes to take instead of drawing, or none.
        logits: (n, classes) to be filled, or none.
        voice: see `Voice.arrays`.
    """
    products, own_biases, dilations, offsets = weights
    first, skip_first, dilated, residual, skipped, out, last = products
    start, skip_start, residual_bias, last_bias = own_biases
    layer_bias, out_bias = biases
    waves, delays, shares = clock
    state, state_scale, played, wide, ahead, recent, memory, tapped, made = voice
    count, width = residual_bias.shape
    taps = dilated[0].shape[0] // count
    parts = last[0].shape[0]  # in which the last weights come, and the first layer's input
    skips, half, whole = skip_start.size, last_bias.size // 2, np.float32(1)
    classes = np.empty(uniforms.size, np.int64)
    # no slices in the loop: each would be counted and checked, for every sample and layer
    inputs = np.zeros(recent.size + waves.shape[1] + tapped.size, np.float32)
    x, gated = np.empty(room(width), np.float32)[:width], np.empty(width, np.float32)
    hidden = np.empty(room(2 * width), np.float32)
    skip = np.empty(room(skips), np.float32)[:skips]
    final = np.empty(room(skips), np.float32)[:skips]
    guess = np.empty(room(2 * half), np.float32)[: 2 * half]
    narrow = np.zeros(state.shape[1], state.dtype)  # x, as the products read it
    residue = np.empty(width, np.float32)  # what rounding took from it
    for n in range(uniforms.size):
        memory[made[0] % memory.size] = recent[-1]
        fill_inputs(inputs, recent, waves, n, tapped, delays, shares, memory, made[0])
        for j in range(width):
            x[j] = start[j]
        add_product(x.ctypes.data, inputs, whole, first)
        scale = keep(narrow, x)
        for j in range(skips):
            skip[j] = skip_start[j]
        add_product(skip.ctypes.data, narrow, scale, skip_first)
        for layer in range(count):
            dilation = dilations[layer]
            length = (taps - 1) * dilation
            span = min(dilation, ahead.shape[1])
            row = n % span
            if row == 0:
                rows = min(span, uniforms.size - n)
                for r in range(rows):
                    for j in range(2 * width):
                        ahead[layer, r, j] = layer_bias[layer, j]
                for part in range(parts if layer == 0 else 1):
                    for tap in range(taps - 1):
                        add_products(
                            ahead.ctypes.data + layer * ahead.strides[0], rows, state, state_scale,
                            offsets[layer + part * count], made[0] + tap * dilation, length,
                            dilated, layer * taps + tap,
                        )  # fmt: skip
            for j in range(2 * width):
                hidden[j] = ahead[layer, row, j]
            scale = keep(narrow, x)
            for part in range(parts if layer == 0 else 1):
                if part:
                    for j in range(width):
                        residue[j] = x[j] - narrow[j] * scale
                    scale = keep(narrow, residue)
                newest = layer * taps + taps - 1
                add_product(hidden.ctypes.data, narrow, scale, dilated, newest)
                if length:
                    slot = offsets[layer + part * count] + made[0] % length
                    state_scale[slot] = scale
                    for j in range(narrow.size):
                        state[slot, j] = narrow[j]
            for j in range(width):
                sigmoid = np.float32(0.5) * tanh(np.float32(0.5) * hidden[j]) + np.float32(0.5)
                gated[j] = sigmoid * tanh(hidden[width + j])
            scale = keep(played, gated)
            for j in range(width):
                x[j] += residual_bias[layer, j]
            add_product(x.ctypes.data, played, scale, residual, layer)
            add_product(skip.ctypes.data, played, scale, skipped, layer)
        for j in range(skips):
            skip[j] = max(skip[j], np.float32(0))
            final[j] = out_bias[j]
        scale = keep(wide, skip)
        add_product(final.ctypes.data, wide, scale, out)
        for j in range(skips):
            final[j] = max(final[j], np.float32(0))
        for j in range(2 * half):
            guess[j] = last_bias[j]
        scale = keep(wide, final)
        for part in range(parts):
            add_product(guess.ctypes.data, wide, scale, last, part)
        if logits.size:
            logits[n] = guess
        drawn = forced[n] if forced.size else draw(guess, uniforms[n], temperature)
        classes[n] = drawn
        for j in range(recent.size - 1):
            recent[j] = recent[j + 1]
        recent[-1] = np.float32(drawn - half) / half
        made[0] += 1
    return classes
