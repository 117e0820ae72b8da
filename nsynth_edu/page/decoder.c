// The pocket decoder in a web page: one voice, one sample after another, as WebAssembly.
//
// The same arithmetic as `make_samples` in generation/kernel.py. Weights have 8 bits (the last
// matrix 16), signals 16; with -DEXACT both are float32, which tests hold to the Python engine.
// `python -m nsynth_edu.page.build` compiles it. No library, no imports, all memory is static.
//
// Shapes: R residual channels, S skip channels, L layers, Q classes, C conditioning channels.
// A matrix (inputs, outputs) lies in blocks of 32 outputs, whose sums stay in registers while the
// inputs go by: [block][group of inputs][32][inputs of the group]; a group is a pair of integers,
// or one float. Each output of an integer matrix has its own scale.

#include <stdint.h>
#include <wasm_simd128.h>

enum { R = 64, S = 128, L = 20, CYCLE = 10, Q = 256, C = 32 };
enum { RECENT = 3, PHASE = 32, TAPS = 4, SIDES = 3, IN = 48 };  // 3 + 32 + 4 * 3, one left empty
enum { MEMORY = 2048 };  // samples that the period taps can reach
enum { AHEAD = 16 };     // samples for which a far tap is worked out at once
enum { MOST = 512 };     // samples of one call
enum { BLOCK = 32, SLOTS = L / CYCLE * ((1 << CYCLE) - 1), PITCHES = 129 };

#define EXPORT(name) __attribute__((export_name(#name)))
#define INLINE static inline __attribute__((always_inline))
#define APART static __attribute__((noinline))  // inlined, the loops need more registers than V8 has
#define UNROLL _Pragma("clang loop unroll(full)")
#define ALIGNED __attribute__((aligned(16)))

typedef v128_t vec;  // four float32 or int32, or eight int16
#ifdef EXACT
typedef float signal, weight, fine_weight, condition_weight;
enum { GROUP = 1 };
#else
typedef int16_t signal, fine_weight, condition_weight;
typedef int8_t weight;
enum { GROUP = 2 };
#endif

// The weights file after its header; generation/page_weights.py writes exactly this.
static struct {
  float first[IN * R];  // float32 always: newest samples, phase clock, period taps
  float start[R], skip_bias[S], residual_bias[L][R], layer_bias[L][2 * R], out_bias[S], last_bias[Q];
  float condition_scale[L * 2 * R + S];
  float skip_first_scale[S], dilated_scale[L][2][2 * R], residual_scale[L][R], skip_scale[L][S];
  float out_scale[S], last_scale[Q];
  float pitch[PITCHES][C / 2];  // embedding of each MIDI number, and of an unknown pitch
  condition_weight condition[C][L * 2 * R + S];
  fine_weight last[S * Q];
  weight skip_first[R * S], dilated[L][2][R * 2 * R], residual[L][R * R], skip[L][R * S], out[S * S];
} W ALIGNED;

// What a voice remembers.
static signal queue[SLOTS][R] ALIGNED;        // each layer's inputs, as far back as its dilation
static float queue_scale[SLOTS];
static float far[L][AHEAD][2 * R] ALIGNED;    // far taps of the next samples, biases included
static float recent[RECENT], periods[MEMORY], tapped[SIDES][TAPS];
static int32_t made;

// What JavaScript writes before, and reads after, a call.
static float conditioned_on[C], waves[MOST][PHASE], uniforms[MOST], shares[MOST][4][TAPS], forced[MOST];
static int32_t delays[MOST][4][TAPS];         // one row, or one per sample while the pitch glides
static float classes[MOST], logits[MOST][Q] ALIGNED;
static float layer_bias[L][2 * R] ALIGNED, out_bias[S] ALIGNED;

#define ADDRESS(name, array) EXPORT(name) void *address_of_##name(void) { return array; }
ADDRESS(weights, &W)
ADDRESS(pitch, W.pitch)
ADDRESS(conditioned_on, conditioned_on)
ADDRESS(waves, waves)
ADDRESS(uniforms, uniforms)
ADDRESS(shares, shares)
ADDRESS(delays, delays)
ADDRESS(forced, forced)
ADDRESS(classes, classes)
ADDRESS(logits, logits)
EXPORT(weights_size) int weights_size(void) { return sizeof W; }

INLINE vec load(const void *p) { return wasm_v128_load(p); }
INLINE void store(void *p, vec v) { wasm_v128_store(p, v); }
INLINE vec all(float x) { return wasm_f32x4_splat(x); }
INLINE vec add(vec a, vec b) { return wasm_f32x4_add(a, b); }
INLINE vec mul(vec a, vec b) { return wasm_f32x4_mul(a, b); }
INLINE vec madd(vec a, vec b, vec c) { return add(mul(a, b), c); }
INLINE vec halves(vec v) { return wasm_i32x4_shuffle(v, v, 2, 3, 0, 1); }
INLINE vec neighbours(vec v) { return wasm_i32x4_shuffle(v, v, 1, 0, 3, 2); }
INLINE float sum(vec v) {
  v = add(v, halves(v));
  return wasm_f32x4_extract_lane(add(v, neighbours(v)), 0);
}
INLINE float most(vec v) {
  v = wasm_f32x4_pmax(v, halves(v));
  return wasm_f32x4_extract_lane(wasm_f32x4_pmax(v, neighbours(v)), 0);
}
INLINE void copy(float *y, const float *x, int n) {
  for (int i = 0; i < n; i += 4) store(y + i, load(x + i));
}

// Products ---------------------------------------------------------------------------------------

// y = from + x @ w, all float32: y (outputs), w (inputs, outputs)
APART void float_product(float *y, const float *from, const float *x, const float *w, int inputs, int outputs) {
  for (; outputs; outputs -= BLOCK, y += BLOCK, from += BLOCK) {
    vec sums[8];
    UNROLL for (int k = 0; k < 8; k++) sums[k] = load(from + 4 * k);
    for (int i = 0; i < inputs; i++, w += BLOCK)
      UNROLL for (int k = 0; k < 8; k++) sums[k] = madd(all(x[i]), load(w + 4 * k), sums[k]);
    UNROLL for (int k = 0; k < 8; k++) store(y + 4 * k, sums[k]);
  }
}

#ifdef EXACT
#define product(y, from, x, scale, w, scales, inputs, outputs) float_product(y, from, x, w, inputs, outputs)
#define fine_product product
#else

INLINE vec widened(const int8_t *w) { return wasm_i16x8_load8x8(w); }
INLINE vec dot(vec sums, vec x, vec w) { return wasm_i32x4_add(sums, wasm_i32x4_dot_i16x8(x, w)); }
INLINE void finish(float *y, const float *from, vec sums, float scale, const float *scales) {
  store(y, madd(wasm_f32x4_convert_i32x4(sums), mul(all(scale), load(scales)), load(from)));
}

// y = from + (x * scale) @ (w * scales), for x of 16 bits and w of 8, or of 16
#define INTEGER_PRODUCT(name, type, read)                                                            \
  APART void name(float *y, const float *from, const int16_t *x, float scale, const type *w,         \
                  const float *scales, int inputs, int outputs) {                                    \
    for (; outputs; outputs -= BLOCK, y += BLOCK, from += BLOCK, scales += BLOCK) {                  \
      vec sums[8];                                                                                   \
      UNROLL for (int k = 0; k < 8; k++) sums[k] = wasm_i32x4_splat(0);                              \
      for (int i = 0; i < inputs; i += 2, w += 2 * BLOCK) {                                          \
        vec two = wasm_v128_load32_splat(x + i);                                                     \
        __asm__("" : "+r"(w)); /* keeps the loads' constant offsets: else an addition for each */    \
        UNROLL for (int k = 0; k < 8; k++) sums[k] = dot(sums[k], two, read(w + 8 * k));             \
      }                                                                                              \
      UNROLL for (int k = 0; k < 8; k++) finish(y + 4 * k, from + 4 * k, sums[k], scale, scales + 4 * k); \
    }                                                                                                \
  }
INTEGER_PRODUCT(product, int8_t, widened)
INTEGER_PRODUCT(fine_product, int16_t, load)
#endif

// The far taps of two samples at once: each weight is loaded once. y (2, 2R); x0, x1 (R,)
APART void pair(float *y, const float *from, const signal *x0, float scale0, const signal *x1, float scale1,
                const weight *w, const float *scales) {
#ifdef EXACT
  float_product(y, from, x0, w, R, 2 * R);
  float_product(y + 2 * R, from, x1, w, R, 2 * R);
#else
  for (int j = 0; j < 2 * R; j += BLOCK / 2) {
    vec a[4], b[4];
    const int8_t *half = w + j / BLOCK * BLOCK * R + j % BLOCK * 2;
    UNROLL for (int k = 0; k < 4; k++) a[k] = b[k] = wasm_i32x4_splat(0);
    for (int i = 0; i < R; i += 2, half += 2 * BLOCK) {
      vec two = wasm_v128_load32_splat(x0 + i), other = wasm_v128_load32_splat(x1 + i);
      __asm__("" : "+r"(half));
      UNROLL for (int k = 0; k < 4; k++) {
        vec both = widened(half + 8 * k);
        a[k] = dot(a[k], two, both);
        b[k] = dot(b[k], other, both);
      }
    }
    UNROLL for (int k = 0; k < 4; k++) {
      int at = j + 4 * k;
      finish(y + at, from + at, a[k], scale0, scales + at);
      finish(y + 2 * R + at, from + at, b[k], scale1, scales + at);
    }
  }
#endif
}

// Rounding: y is filled with x, x = y * the scale that is returned --------------------------------

#ifdef EXACT
INLINE float keep(float *y, const float *x, int n) { copy(y, x, n); return 1; }
#define keep_fine keep
#else
INLINE vec whole(vec x) {  // to the nearest integers: 1.5 * 2^23 leaves no bits for a fraction
  return wasm_i32x4_sub(add(x, all(12582912.0f)), wasm_i32x4_splat(0x4B400000));
}
INLINE float scaled(int16_t *y, const float *x, int n, float scale) {
  scale = scale > 1e-12f ? scale : 1e-12f;
  vec steps = all(1 / scale);
  for (int i = 0; i < n; i += 8)
    store(y + i, wasm_i16x8_narrow_i32x4(whole(mul(load(x + i), steps)), whole(mul(load(x + i + 4), steps))));
  return scale;
}
INLINE float largest(const float *x, int n) {
  vec m = all(0);
  for (int i = 0; i < n; i += 4) m = wasm_f32x4_pmax(m, wasm_f32x4_abs(load(x + i)));
  return most(m);
}
APART float keep(int16_t *y, const float *x, int n) { return scaled(y, x, n, largest(x, n) / 32767); }
// For weights of 16 bits: both norms stay below 46300, so that no sum overflows (Cauchy-Schwarz)
APART float keep_fine(int16_t *y, const float *x, int n) {
  vec squares = all(0);
  for (int i = 0; i < n; i += 4) squares = madd(load(x + i), load(x + i), squares);
  float by_peak = largest(x, n) / 32767, by_norm = __builtin_sqrtf(sum(squares)) / 46300;
  return scaled(y, x, n, by_peak > by_norm ? by_peak : by_norm);
}
#endif

// Activations ------------------------------------------------------------------------------------

INLINE vec limited(vec x) { return wasm_f32x4_pmax(wasm_f32x4_pmin(x, all(6.5f)), all(-6.5f)); }
// Lambert's continued fraction: tanh(x) = above(x, x * x) / below(x * x), within 1e-5
INLINE vec above(vec x, vec s) {
  return mul(madd(madd(madd(add(s, all(990)), s, all(135135)), s, all(4729725)), s, all(34459425.0f)), x);
}
INLINE vec below(vec s) {
  return madd(madd(madd(madd(all(45), s, all(13860)), s, all(945945)), s, all(16216200)), s, all(34459425.0f));
}
// sigmoid(a) * tanh(b) with one division, as sigmoid(a) = (tanh(a / 2) + 1) / 2
INLINE vec gate(vec a, vec b) {
  a = limited(mul(a, all(0.5f)));
  b = limited(b);
  vec s = mul(a, a), t = mul(b, b), under = below(s);
  return wasm_f32x4_div(mul(mul(add(above(a, s), under), all(0.5f)), above(b, t)), mul(under, below(t)));
}
APART void gates(float *gated, const float *hidden) {  // (R,) of (2R,)
  for (int j = 0; j < R; j += 4) store(gated + j, gate(load(hidden + j), load(hidden + R + j)));
}
INLINE void rectify(float *x, int n) {
  for (int j = 0; j < n; j += 4) store(x + j, wasm_f32x4_pmax(load(x + j), all(0)));
}
INLINE vec exponential(vec x) {  // of x <= 0: a short series for x / 64, squared six times
  x = mul(wasm_f32x4_pmax(x, all(-20)), all(1 / 64.0f));
  vec y = madd(x, madd(x, all(1 / 720.0f), all(1 / 120.0f)), all(1 / 24.0f));
  y = madd(x, madd(x, madd(x, madd(x, y, all(1 / 6.0f)), all(0.5f)), all(1)), all(1));
  UNROLL for (int k = 0; k < 6; k++) y = mul(y, y);
  return y;
}

// The next sample as a class number: drawn with a number in [0, 1), or, where that is negative, the
// mean of the distribution, a fraction. Overwrites the logits (Q,).
APART float choose(float *logit, float uniform, float temperature) {
  vec m = load(logit);
  for (int i = 4; i < Q; i += 4) m = wasm_f32x4_pmax(m, load(logit + i));
  float top = most(m);
  int best = 0;
  while (best < Q - 1 && logit[best] != top) best++;
  if (temperature == 0) return best;
  vec total = all(0), moment = all(0), place = wasm_f32x4_make(-best, 1 - best, 2 - best, 3 - best);
  for (int i = 0; i < Q; i += 4) {
    vec e = exponential(mul(wasm_f32x4_sub(load(logit + i), all(top)), all(1 / temperature)));
    store(logit + i, e);
    total = add(total, e);
    moment = madd(e, add(place, all(i)), moment);
  }
  if (uniform < 0) return best + sum(moment) / sum(total);
  float target = uniform * sum(total), reached = 0;
  for (int i = 0; i < Q; i++) {
    reached += logit[i];
    if (reached > target) return i;
  }
  return Q - 1;
}

// The loop ---------------------------------------------------------------------------------------

EXPORT(reset) void reset(void) {
  __builtin_memset(queue, 0, sizeof queue);
  __builtin_memset(recent, 0, sizeof recent);
  __builtin_memset(periods, 0, sizeof periods);
  __builtin_memset(tapped, 0, sizeof tapped);
  made = 0;
}

// What z and the pitch's embedding add to the biases: to be called when either has changed
EXPORT(condition) void condition(void) {
  enum { LAYERS = L * 2 * R };
  for (int j = 0; j < LAYERS + S; j += 4) {
    vec added = all(0);
    for (int i = 0; i < C; i++) {
#ifdef EXACT
      vec w = load(&W.condition[i][j]);
#else
      vec w = wasm_f32x4_convert_i32x4(wasm_i32x4_load16x4(&W.condition[i][j]));
#endif
      added = madd(w, all(conditioned_on[i]), added);
    }
    added = mul(added, load(W.condition_scale + j));
    if (j < LAYERS) store(layer_bias[0] + j, add(added, load(W.layer_bias[0] + j)));
    else store(out_bias + j - LAYERS, add(added, load(W.out_bias + j - LAYERS)));
  }
}

// inputs (IN,): the newest samples, the phase clock, and the past whole periods back
APART void fill_inputs(float *inputs, int n, int row) {
  periods[made & (MEMORY - 1)] = recent[RECENT - 1];
  for (int j = 0; j < RECENT; j++) inputs[j] = recent[j];
  for (int j = 0; j < PHASE; j++) inputs[RECENT + j] = waves[n][j];
  for (int tap = 0; tap < TAPS; tap++) {
    float past = 0;
    for (int k = 0; k < 4; k++)
      past += shares[row][k][tap] * periods[(made - delays[row][k][tap]) & (MEMORY - 1)];
    for (int side = 0; side < SIDES - 1; side++) tapped[side][tap] = tapped[side + 1][tap];
    tapped[SIDES - 1][tap] = past;
    for (int side = 0; side < SIDES; side++) inputs[RECENT + PHASE + side * TAPS + tap] = tapped[side][tap];
  }
}

// Make `count` samples, a multiple of 16, MOST at most. gliding: delays and shares have a row for
// each sample, else one for all. force: go on from the classes in `forced`, as if they had been made.
EXPORT(run) void run(int count, float temperature, int gliding, int force, int keep_logits) {
  ALIGNED float inputs[IN] = {0}, x[R], gated[R], hidden[2 * R], skip[S], out[S], logit[Q];
  ALIGNED signal narrow[R], narrow_gated[R], wide[S];
  for (int n = 0; n < count; n++, made++) {
    fill_inputs(inputs, n, gliding ? n : 0);
    float_product(x, W.start, inputs, W.first, IN, R);
    float scale = keep(narrow, x, R);
    product(skip, W.skip_bias, narrow, scale, W.skip_first, W.skip_first_scale, R, S);
    int offset = 0;  // of the layer's queue
    for (int layer = 0; layer < L; layer++) {
      int dilation = 1 << layer % CYCLE, span = dilation < AHEAD ? dilation : AHEAD, row = n & (span - 1);
#define SLOT(time) (offset + ((time) & (dilation - 1)))
      if (row == 0 && span == 1) {
        int slot = SLOT(made);
        product(far[layer][0], layer_bias[layer], queue[slot], queue_scale[slot], W.dilated[layer][0],
                W.dilated_scale[layer][0], R, 2 * R);
      } else if (row == 0) {  // look ahead
        for (int r = 0; r < span; r += 2) {
          int one = SLOT(made + r), other = SLOT(made + r + 1);
          pair(far[layer][r], layer_bias[layer], queue[one], queue_scale[one], queue[other],
               queue_scale[other], W.dilated[layer][0], W.dilated_scale[layer][0]);
        }
      }
      int slot = SLOT(made);
      queue_scale[slot] = scale = keep(queue[slot], x, R);
      product(hidden, far[layer][row], queue[slot], scale, W.dilated[layer][1], W.dilated_scale[layer][1], R, 2 * R);
      gates(gated, hidden);
      scale = keep(narrow_gated, gated, R);
      for (int j = 0; j < R; j += 4) store(x + j, add(load(x + j), load(W.residual_bias[layer] + j)));
      product(x, x, narrow_gated, scale, W.residual[layer], W.residual_scale[layer], R, R);
      product(skip, skip, narrow_gated, scale, W.skip[layer], W.skip_scale[layer], R, S);
      offset += dilation;
    }
    rectify(skip, S);
    scale = keep(wide, skip, S);
    product(out, out_bias, wide, scale, W.out, W.out_scale, S, S);
    rectify(out, S);
    scale = keep_fine(wide, out, S);
    fine_product(logit, W.last_bias, wide, scale, W.last, W.last_scale, S, Q);
    if (keep_logits) copy(logits[n], logit, Q);
    classes[n] = choose(logit, uniforms[n], temperature);
    for (int j = 0; j < RECENT - 1; j++) recent[j] = recent[j + 1];
    recent[RECENT - 1] = ((force ? forced[n] : classes[n]) - Q / 2) / (float)(Q / 2);
  }
}
