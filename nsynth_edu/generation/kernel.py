"""The compiled part of the stream engine: everything that is done sixteen thousand times a second.

It lies in one file, because Numba's cache of compiled code notices changes of this file only.

Matrix times vector: weights lie in blocks of 64 outputs, whose sums stay in registers while the
inputs go by. In whole numbers two neighbouring inputs are multiplied and summed by one instruction
where the processor has it (x86 with AVX2); elsewhere by ordinary ones, with the same result to the
bit.
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
PAIRS_IN_HARDWARE = bool(llvmlite.binding.get_host_cpu_features().get("avx2"))
# error_model: a division that must look out for zero is not made eight at a time
FAST = {"fastmath": True, "nogil": True, "cache": True, "error_model": "numpy"}


def pack(matrix, dtype):
    """Lay out weights as `add_product` reads them, and round them if asked.

    Every output has a scale of its own: its largest weight fills the range, and its length as a
    vector stays below `LENGTH`. The signal's length does, too, so that the sum of all products
    cannot overflow 32 bits (Cauchy and Schwarz).

    Args:
        matrix: (inputs, outputs) float32.
        dtype: "float32", "int16" or "int8".

    Returns:
        packed: float32 (blocks, inputs, 64), or whole numbers (blocks, pairs, 64, 2).
        scale: (outputs,) float32: weight = packed * scale.
    """
    inputs, outputs = matrix.shape
    blocks = -(-outputs // BLOCK)
    wide = np.zeros((inputs + inputs % 2, blocks * BLOCK), np.float32)
    wide[:inputs, :outputs] = matrix
    if dtype == "float32":
        packed = wide[:inputs].reshape(inputs, blocks, BLOCK).transpose(1, 0, 2)
        return np.ascontiguousarray(packed), np.ones(outputs, np.float32)
    largest = np.abs(wide).max(0) / (127 if dtype == "int8" else 32767)
    length = np.sqrt(np.square(wide).sum(0)) / LENGTH
    scale = np.maximum(np.maximum(largest, length), 1e-12)  # an output may have no weights
    whole = np.rint(wide / scale).astype(dtype)
    packed = whole.reshape(-1, 2, blocks, BLOCK).transpose(2, 0, 3, 1)
    return np.ascontiguousarray(packed), scale[:outputs].astype(np.float32)


def unpack(packed, scale):
    """The weights that `pack` kept, (inputs, outputs) float32; an odd input comes out padded."""
    if packed.ndim == 4:
        packed = packed.transpose(1, 3, 0, 2).reshape(2 * packed.shape[1], -1)
    else:
        packed = packed.transpose(1, 0, 2).reshape(packed.shape[1], -1)
    return packed[:, : len(scale)].astype(np.float32) * scale


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
def add_product(y, x, scale, packed, scales, sums):
    """y += (x * scale) @ weights.

    Args:
        y: (outputs,) float32. x, scale: as `keep` fills and returns them; x of whole numbers
            has an even size.
        packed, scales: as `pack` returns them.
        sums: at least as long as all blocks; float32 for float32 weights, else int32.
    """
    step = packed.itemsize * (packed.size // packed.shape[0])
    for block in range(packed.shape[0]):
        place = sums.ctypes.data + 4 * BLOCK * block
        weights = packed.ctypes.data + step * block
        sum_block(place, x.ctypes.data, weights, packed.shape[1], packed)
    for j in range(y.size):
        y[j] += scale * scales[j] * np.float32(sums[j])


@njit(**FAST)
def add_products(ys, count, past, past_scale, offset, start, length, packed, scales, sums):
    """ys[row] += past[slot] @ weights for `count` rows, one block of weights after another.

    A block stays in the cache for all rows. The slot of row r is offset + (start + r) % length.
    """
    step = packed.itemsize * (packed.size // packed.shape[0])
    for block in range(packed.shape[0]):
        first = BLOCK * block
        outputs = min(BLOCK, ys.shape[1] - first)
        for row in range(count):
            slot = offset + (start + row) % length
            x = past.ctypes.data + past.itemsize * past.shape[1] * slot
            weights = packed.ctypes.data + step * block
            sum_block(sums.ctypes.data, x, weights, packed.shape[1], packed)
            scale = past_scale[slot]
            for j in range(outputs):
                ys[row, first + j] += scale * scales[first + j] * np.float32(sums[j])


@intrinsic
def sum_block(typingctx, sums, x, weights, count, like):
    """64 sums of `count` inputs (or pairs of inputs) times weights; addresses; like = the array."""
    return types.void(types.intp, types.intp, types.intp, types.intp, like), block_sums(
        like.dtype.bitwidth if isinstance(like.dtype, types.Integer) else None, PAIRS_IN_HARDWARE
    )


def block_sums(bits, hardware):
    """Write the instructions: float32 where bits is None, else pairs of whole numbers."""
    i16, i32 = ir.IntType(16), ir.IntType(32)
    number = ir.FloatType() if bits is None else i32
    lanes = ir.VectorType(number, LANES)
    pairs = ir.VectorType(i16, 2 * LANES)
    stored = lanes if bits is None else ir.VectorType(ir.IntType(bits), 2 * LANES)
    indices = ir.VectorType(i32, LANES)

    def spread(builder, value):
        empty = ir.Constant(lanes, ir.Undefined)
        first = builder.insert_element(empty, value, ir.Constant(i32, 0))
        return builder.shuffle_vector(first, empty, ir.Constant(indices, [0] * LANES))

    def every_second(builder, vector, start):
        chosen = ir.Constant(indices, list(range(start, 2 * LANES, 2)))
        return builder.sext(builder.shuffle_vector(vector, vector, chosen), lanes)

    def multiply(builder, both, weight):
        if bits is None:
            return builder.fmul(both, weight, flags=["fast"])
        weight = builder.sext(weight, pairs) if bits == 8 else weight
        both = builder.bitcast(both, pairs)
        if hardware:
            instruction = builder.module.declare_intrinsic(
                "llvm.x86.avx2.pmadd.wd", fnty=ir.FunctionType(lanes, [pairs, pairs])
            )
            return builder.call(instruction, [both, weight])
        products = [
            builder.mul(every_second(builder, both, i), every_second(builder, weight, i))
            for i in range(2)
        ]
        return builder.add(*products)

    def codegen(context, builder, signature, arguments):
        sums, x, weights, count = arguments[:4]
        registers = [
            cgutils.alloca_once_value(builder, ir.Constant(lanes, None))
            for _ in range(BLOCK // LANES)
        ]
        inputs = builder.inttoptr(x, number.as_pointer())
        rows = builder.inttoptr(weights, stored.as_pointer())
        with cgutils.for_range(builder, count) as loop:
            both = spread(builder, builder.load(builder.gep(inputs, [loop.index]), align=1))
            first = builder.mul(loop.index, ir.Constant(loop.index.type, len(registers)))
            for k, register in enumerate(registers):
                place = builder.gep(rows, [builder.add(first, ir.Constant(first.type, k))])
                product = multiply(builder, both, builder.load(place, align=1))
                old = builder.load(register)
                new = (
                    builder.fadd(old, product, flags=["fast"])
                    if bits is None
                    else builder.add(old, product)
                )
                builder.store(new, register)
        result = builder.inttoptr(sums, lanes.as_pointer())
        for k, register in enumerate(registers):
            place = builder.gep(result, [ir.Constant(i32, k)])
            builder.store(builder.load(register), place, align=1)
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
def make_samples(weights, biases, phase, lags, uniforms, temperature, forced, logits, voice):
    """Generate len(uniforms) samples; the arrays of `voice` carry on to the next call.

    Args:
        weights: see `Weights.arrays`. biases: what conditioning adds this frame, see there.
        phase: (n, channels) of the phase clock.
        lags: whole delays (4, P) and weights (4, P) of the period taps.
        forced: (n,) classes to take instead of drawing, or none.
        logits: (n, classes) to be filled, or none.
        voice: see `Voice.arrays`.
    """
    first, start, dilations, offsets, dilated, mixed, skip_start, out, last = weights
    layer_bias, out_bias = biases
    delays, shares = lags
    state, state_scale, ahead, recent, memory, turns, clock, sums, first_sums = voice
    count, taps = dilated[0].shape[:2]
    width, skips, half = start.size, out_bias.size, last[2].size // 2
    classes = np.empty(uniforms.size, np.int64)
    inputs = np.zeros(recent.size + phase.shape[1] + turns.size, np.float32)
    hidden, gated = np.empty(2 * width, np.float32), np.empty(width, np.float32)
    both = np.empty(width + skips, np.float32)
    narrow = np.zeros(state.shape[1], state.dtype)  # x, as the products read it
    wide = np.zeros(skips + skips % 2, state.dtype)
    for n in range(uniforms.size):
        memory[clock[0] % memory.size] = recent[-1]
        turns[:-1] = turns[1:].copy()
        for tap in range(turns.shape[1]):
            heard = np.float32(0)
            for k in range(4):
                heard += shares[k, tap] * memory[(clock[0] - delays[k, tap]) % memory.size]
            turns[-1, tap] = heard
        inputs[: recent.size] = recent
        inputs[recent.size : recent.size + phase.shape[1]] = phase[n]
        inputs[recent.size + phase.shape[1] :] = turns.ravel()
        x = start.copy()
        add_product(x, inputs, np.float32(1), first[0], first[1], first_sums)
        scale = keep(narrow, x)
        skip = skip_start[2].copy()
        add_product(skip, narrow, scale, skip_start[0], skip_start[1], sums)
        for layer in range(count):
            dilation = dilations[layer]
            length = (taps - 1) * dilation
            span = min(dilation, ahead.shape[1])
            if n % span == 0:
                rows = min(span, uniforms.size - n)
                ahead[layer, :rows] = layer_bias[layer]
                for tap in range(taps - 1):
                    add_products(
                        ahead[layer], rows, state, state_scale,
                        offsets[layer], clock[0] + tap * dilation, length,
                        dilated[0][layer, tap], dilated[1][layer, tap], sums,
                    )  # fmt: skip
            hidden[:] = ahead[layer, n % span]
            scale = keep(narrow, x)
            add_product(
                hidden,
                narrow,
                scale,
                dilated[0][layer, taps - 1],
                dilated[1][layer, taps - 1],
                sums,
            )
            if length:
                slot = offsets[layer] + clock[0] % length
                state[slot], state_scale[slot] = narrow, scale
            for j in range(width):
                sigmoid = np.float32(0.5) * tanh(np.float32(0.5) * hidden[j]) + np.float32(0.5)
                gated[j] = sigmoid * tanh(hidden[width + j])
            scale = keep(narrow, gated)
            both[:] = mixed[2][layer]
            add_product(both, narrow, scale, mixed[0][layer], mixed[1][layer], sums)
            for j in range(width):
                x[j] += both[j]
            for j in range(skips):
                skip[j] += both[width + j]
        final = out_bias.copy()
        scale = keep(wide, np.maximum(skip, np.float32(0)))
        add_product(final, wide, scale, out[0], out[1], sums)
        scale = keep(wide, np.maximum(final, np.float32(0)))
        guess = last[2].copy()
        add_product(guess, wide, scale, last[0], last[1], sums)
        if logits.size:
            logits[n] = guess
        drawn = forced[n] if forced.size else draw(guess, uniforms[n], temperature)
        classes[n] = drawn
        recent[:-1] = recent[1:].copy()
        recent[-1] = np.float32(drawn - half) / half
        clock[0] += 1
    return classes
