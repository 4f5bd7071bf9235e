// One batch forward and backward through the network, lane = image: the loops of the equations, in the right order.
//
// Every number is a vector that holds it for as many images as a register has lanes, so each operation does the same
// for all of them, and no lane ever waits for another. A block of results stays in registers until it is done: each
// number that is read then serves several of them. What one tile of images needs stays in the second-level cache.
//
// The Python beside it, compiler.py, makes objects of this file with REAL = float and double, and with fewer MAPS1 and
// MAPS2 for pruned networks. Shapes, with the place of a number in its row last: images (28, 28), H1 (12, 12, 6),
// H2 (4, 4, 12) = 192 nodes, kernels (row, column, channel, map), U (192, 10).

#include <math.h>
#include <stdint.h>
#include <stddef.h>
#include <string.h>

#include "crew.c"

#ifndef REAL
#define REAL float
#endif
#ifndef MAPS1
#define MAPS1 6
#define MAPS2 12
#endif
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first pixel of a word is its lowest byte");
_Static_assert(MAPS1 % 3 == 0 && MAPS2 % 3 == 0, "blocks hold three maps or more");

// The widest registers of the processor that this is compiled for, and how many results a block keeps in them.
#if defined(__AVX512F__)
#define BYTES 64
#define BLOCK 24
#elif defined(__AVX__)
#define BYTES 32
#define BLOCK 12
#elif defined(__aarch64__)
#define BYTES 16
#define BLOCK 24
#else
#define BYTES 16
#define BLOCK 12
#endif

#define LANES ((int)(BYTES / sizeof(REAL)))
typedef REAL V __attribute__((vector_size(BYTES)));
typedef int32_t Words __attribute__((vector_size(4 * LANES)));
#define INLINE static inline __attribute__((always_inline))
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 36")
#endif

enum { SIZE = 28, IN2 = 12, GRID = 4, NODES = GRID * GRID * MAPS2, CLASSES = 10, KERNEL = 5, POOL = 2 };
enum { PIXELS = SIZE * SIZE, WIDE = KERNEL + POOL - 1 };

// The most, up to six, of `count` that a block can hold, each with `size` results, so that no part of a block is left.
#define FITS(n, count, size) ((count) % (n) == 0 && (n) * (size) <= BLOCK)
#define FIT(count, size)                                                                                           \
    (FITS(6, count, size) ? 6 : FITS(5, count, size) ? 5 : FITS(4, count, size) ? 4                                \
     : FITS(3, count, size) ? 3 : FITS(2, count, size) ? 2 : 1)
enum { SOME2 = MAPS2 % 6 ? 3 : 6, DEEP2 = 2 * MAPS2 <= BLOCK ? MAPS2 : SOME2, DEEP1 = BLOCK == 24 ? 3 : MAPS1 };

// Where the six arrays begin in a row of weights, and in one of gradients: the Python says so, and checks it.
typedef struct {
    ptrdiff_t K1, b1, K2, b2, U, b;
} Places;

static const V ZERO;

INLINE V positive(V x, V where) {  // x where `where` is above 0, else 0; NaN stays NaN
    typedef __typeof__(where <= ZERO) Mask;
    return (V)((Mask)x & ~(where <= ZERO));
}

// y = x * k + b: a block has `across` places of a row and `deep` maps; each x is read once for all maps.
INLINE void convolve(const V *x, int width, int channels, const REAL *k, int kernel, int stride, const REAL *b,
                     int out, int maps, int across, int deep, V *y) {
    for (int i = 0; i < out; i++)
        for (int j = 0; j < out; j += across)
            for (int m = 0; m < maps; m += deep) {
                V sum[BLOCK];
                UNROLL for (int p = 0; p < across; p++)
                    UNROLL for (int f = 0; f < deep; f++) sum[p * deep + f] = ZERO + b[m + f];
                for (int r = 0; r < kernel; r++) {
                    const V *row = x + ((i * stride + r) * width + j * stride) * channels;
                    const REAL *weights = k + r * kernel * channels * maps + m;
                    for (int t = 0; t < kernel * channels; t++)
                        UNROLL for (int p = 0; p < across; p++) {
                            const V read = row[p * stride * channels + t];
                            UNROLL for (int f = 0; f < deep; f++) sum[p * deep + f] += read * weights[t * maps + f];
                        }
                }
                UNROLL for (int p = 0; p < across; p++)
                    UNROLL for (int f = 0; f < deep; f++) y[(i * out + j + p) * maps + m + f] = sum[p * deep + f];
            }
}

// dk += the sum over places of x * dy: a block has `taps` neighbours in a kernel's row and `deep` maps.
INLINE void kernel_gradient(const V *x, int width, int channels, const V *dy, int out, int maps, int kernel,
                            int stride, int taps, int deep, V *dk) {
    for (int r = 0; r < kernel; r++)
        for (int t = 0; t < kernel * channels; t += taps)
            for (int m = 0; m < maps; m += deep) {
                V sum[BLOCK], *to = dk + (r * kernel * channels + t) * maps + m;
                UNROLL for (int a = 0; a < taps; a++)
                    UNROLL for (int f = 0; f < deep; f++) sum[a * deep + f] = to[a * maps + f];
                for (int i = 0; i < out; i++) {
                    const V *row = x + (i * stride + r) * width * channels + t, *d = dy + i * out * maps + m;
                    for (int j = 0; j < out; j++)
                        UNROLL for (int a = 0; a < taps; a++) {
                            const V read = row[j * stride * channels + a];
                            UNROLL for (int f = 0; f < deep; f++) sum[a * deep + f] += read * d[j * maps + f];
                        }
                }
                UNROLL for (int a = 0; a < taps; a++)
                    UNROLL for (int f = 0; f < deep; f++) to[a * maps + f] = sum[a * deep + f];
            }
}

// dx = the sum over taps of dy * k: a block is a row of places of one parity, for `deep` channels.
INLINE void input_gradient(const V *dy, int out, int maps, const REAL *k, int kernel, int stride, int channels,
                           int deep, V *dx) {
    const int apart = kernel / stride, places = out + apart - 1, width = places * stride;
    for (int y = 0; y < width; y++)
        for (int parity = 0; parity < stride; parity++)
            for (int c = 0; c < channels; c += deep) {
                V sum[BLOCK];
                UNROLL for (int s = 0; s < places * deep; s++) sum[s] = ZERO;
                for (int r = y % stride; r < kernel; r += stride) {
                    const int i = (y - r) / stride;
                    if (y < r || i >= out) continue;
                    for (int m = 0; m < maps; m++) {
                        const REAL *weight = k + ((r * kernel + parity) * channels + c) * maps + m;
                        UNROLL for (int a = 0; a < apart; a++)
                            UNROLL for (int f = 0; f < deep; f++) {
                                const REAL w = weight[(a * stride * channels + f) * maps];
                                UNROLL for (int j = 0; j < out; j++)
                                    sum[(j + a) * deep + f] += dy[(i * out + j) * maps + m] * w;
                            }
                    }
                }
                UNROLL for (int q = 0; q < places; q++)
                    UNROLL for (int f = 0; f < deep; f++)
                        dx[(y * width + q * stride + parity) * channels + c + f] = sum[q * deep + f];
            }
}

// The kernel that pools what it convolves: the plain one, laid over itself at the four places of a window, their mean.
static void compose(const REAL *k, int pairs, REAL *wide) {
    memset(wide, 0, sizeof(REAL) * WIDE * WIDE * pairs);
    for (int m = 0; m < KERNEL; m++)
        for (int l = 0; l < KERNEL; l++)
            for (int place = 0; place < POOL * POOL; place++) {
                const REAL *from = k + (m * KERNEL + l) * pairs;
                REAL *to = wide + ((m + place / POOL) * WIDE + l + place % POOL) * pairs;
                for (int f = 0; f < pairs; f++) to[f] += from[f] / (POOL * POOL);
            }
}

// Its adjoint: from the gradient of the wide kernel to that of the plain one.
static void decompose(const REAL *wide, int pairs, REAL *k) {
    memset(k, 0, sizeof(REAL) * KERNEL * KERNEL * pairs);
    for (int m = 0; m < KERNEL; m++)
        for (int l = 0; l < KERNEL; l++)
            for (int place = 0; place < POOL * POOL; place++) {
                const REAL *from = wide + ((m + place / POOL) * WIDE + l + place % POOL) * pairs;
                REAL *to = k + (m * KERNEL + l) * pairs;
                for (int f = 0; f < pairs; f++) to[f] += from[f] / (POOL * POOL);
            }
}

// e to the power of -|x|, to about two units in the last place: 2 to a whole power times the exponential of the rest.
#define COUNT(array) ((int)(sizeof(array) / sizeof(array[0])))
INLINE V exp_of_minus_abs(V x) {
    const V low = ZERO + (sizeof(REAL) == 4 ? (REAL)-87.0 : (REAL)-708.0);
    typedef __typeof__(x <= ZERO) Mask;
    const Mask negative = x <= ZERO;
    V minus = (V)(((Mask)x & negative) | ((Mask)(-x) & ~negative));
    const Mask far = minus < low;
    minus = (V)(((Mask)low & far) | ((Mask)minus & ~far));
    const REAL shift = sizeof(REAL) == 4 ? (REAL)12582912.0 : (REAL)6755399441055744.0;  // 1.5 times 2 to 23 or 52
    const V shifted = minus * (REAL)1.4426950408889634 + shift, whole = shifted - shift;
    // ln 2 in two parts, the first of few bits: whole times it is exact.
    const V rest = (minus - whole * (sizeof(REAL) == 4 ? (REAL)0.693359375 : (REAL)0.693147180369123816490)) -
                   whole * (sizeof(REAL) == 4 ? (REAL)-2.12194440054690583e-4 : (REAL)1.90821492927058770002e-10);
    static const REAL float_terms[] = {1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1, 1};
    static const REAL double_terms[] = {1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880,
                                        1.0 / 40320, 1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1, 1};
    const REAL *terms = sizeof(REAL) == 4 ? float_terms : double_terms;
    V sum = ZERO + terms[0];
    UNROLL for (int n = 1; n < (sizeof(REAL) == 4 ? COUNT(float_terms) : COUNT(double_terms)); n++)
        sum = sum * rest + terms[n];
    // The whole power goes into the exponent's bits: those of `shifted` end with it.
    return (V)((Mask)sum + ((Mask)shifted << (sizeof(REAL) == 4 ? 23 : 52)));
}

INLINE V sigmoid(V x) {
    typedef __typeof__(x <= ZERO) Mask;
    const V e = exp_of_minus_abs(x), small = e / (1 + e), large = 1 / (1 + e);
    const Mask negative = x <= ZERO;
    return (V)(((Mask)small & negative) | ((Mask)large & ~negative)) + (x - x);  // NaN stays NaN
}

typedef struct {
    int32_t pool_first, sigmoid, relu_logits, squared_error;
} Reading;

// Images (28, 28), grey levels or numbers; of them, in this order, the chosen ones, or all if there is no choice.
typedef struct {
    const void *pixels;
    const int64_t *chosen;
    int64_t count, grey;
} Images;

// Gradients, as each lane has added them up.
typedef struct {
    V K1[WIDE * WIDE * MAPS1], b1[MAPS1], K2[WIDE * WIDE * MAPS1 * MAPS2], b2[MAPS2], U[NODES * CLASSES], b[CLASSES];
} Sums;

// What one thread needs: a tile of images on its way, and the kernels composed with pooling.
typedef struct {
    Words words[PIXELS / 4];
    V x[PIXELS], H1[IN2 * IN2 * MAPS1], dH1[IN2 * IN2 * MAPS1], H2[NODES], dH2[NODES], scores[CLASSES];
    V Y1[4 * IN2 * IN2 * MAPS1], Y2[4 * NODES];
    Sums sums;
    REAL wide1[WIDE * WIDE * MAPS1], wide2[WIDE * WIDE * MAPS1 * MAPS2];
} Scratch;

INLINE void activate(const Reading *reading, V *y, int count) {
    if (reading->sigmoid)
        for (int n = 0; n < count; n++) y[n] = sigmoid(y[n]);
    else
        for (int n = 0; n < count; n++) y[n] = positive(y[n], y[n]);
}

INLINE V slope(const Reading *reading, V y, V dy) {  // of the activation, told by its result
    return reading->sigmoid ? dy * y * (1 - y) : positive(dy, y);
}

INLINE void pool(const V *y, int size, int maps, V *h) {
    for (int i = 0; i < size; i++)
        for (int j = 0; j < size; j++)
            for (int m = 0; m < maps; m++) {
                const V *at = y + (2 * i * 2 * size + 2 * j) * maps + m;
                h[(i * size + j) * maps + m] =
                    (at[0] + at[maps] + at[2 * size * maps] + at[(2 * size + 1) * maps]) * (REAL)0.25;
            }
}

// From the gradient of a pooled map to that of the sums before the activation, which take the results' place.
INLINE void unpool(const Reading *reading, const V *dh, int size, int maps, V *y) {
    for (int i = 0; i < 2 * size; i++)
        for (int j = 0; j < 2 * size; j++)
            for (int m = 0; m < maps; m++) {
                V *at = y + (i * 2 * size + j) * maps + m;
                *at = slope(reading, *at, dh[(i / 2 * size + j / 2) * maps + m] * (REAL)0.25);
            }
}

static void forward(const Reading *reading, const Places *at, const REAL *w, Scratch *s) {
    if (reading->pool_first) {
        convolve(s->x, SIZE, 1, s->wide1, WIDE, POOL, w + at->b1, IN2, MAPS1, FIT(IN2, MAPS1), MAPS1, s->H1);
        activate(reading, s->H1, IN2 * IN2 * MAPS1);
        convolve(s->H1, IN2, MAPS1, s->wide2, WIDE, POOL, w + at->b2, GRID, MAPS2, FIT(GRID, DEEP2), DEEP2, s->H2);
        activate(reading, s->H2, NODES);
    } else {
        convolve(s->x, SIZE, 1, w + at->K1, KERNEL, 1, w + at->b1, 2 * IN2, MAPS1, FIT(IN2, MAPS1), MAPS1, s->Y1);
        activate(reading, s->Y1, COUNT(s->Y1));
        pool(s->Y1, IN2, MAPS1, s->H1);
        convolve(s->H1, IN2, MAPS1, w + at->K2, KERNEL, 1, w + at->b2, 2 * GRID, MAPS2, FIT(GRID, DEEP2), DEEP2,
                 s->Y2);
        activate(reading, s->Y2, COUNT(s->Y2));
        pool(s->Y2, GRID, MAPS2, s->H2);
    }
    for (int c = 0; c < CLASSES; c++) s->scores[c] = ZERO + w[at->b + c];
    for (int n = 0; n < NODES; n++)
        UNROLL for (int c = 0; c < CLASSES; c++) s->scores[c] += s->H2[n] * w[at->U + n * CLASSES + c];
    if (reading->relu_logits)
        for (int c = 0; c < CLASSES; c++) s->scores[c] = positive(s->scores[c], s->scores[c]);
}

static void backward(const Reading *reading, const Places *at, const REAL *w, Scratch *s) {
    const V *dscores = s->scores;
    Sums *sums = &s->sums;
    for (int n = 0; n < NODES; n++) {
        V sum = ZERO;
        UNROLL for (int c = 0; c < CLASSES; c++) {
            sums->U[n * CLASSES + c] += s->H2[n] * dscores[c];
            sum += dscores[c] * w[at->U + n * CLASSES + c];
        }
        s->dH2[n] = reading->pool_first ? slope(reading, s->H2[n], sum) : sum;
    }
    for (int c = 0; c < CLASSES; c++) sums->b[c] += dscores[c];
    if (reading->pool_first) {
        for (int n = 0; n < NODES; n++) sums->b2[n % MAPS2] += s->dH2[n];
        kernel_gradient(s->H1, IN2, MAPS1, s->dH2, GRID, MAPS2, WIDE, POOL, FIT(WIDE * MAPS1, SOME2), SOME2, sums->K2);
        input_gradient(s->dH2, GRID, MAPS2, s->wide2, WIDE, POOL, MAPS1, FIT(MAPS1, GRID + WIDE / POOL - 1), s->dH1);
        for (int n = 0; n < COUNT(s->H1); n++) {
            s->dH1[n] = slope(reading, s->H1[n], s->dH1[n]);
            sums->b1[n % MAPS1] += s->dH1[n];
        }
        kernel_gradient(s->x, SIZE, 1, s->dH1, IN2, MAPS1, WIDE, POOL, FIT(WIDE, MAPS1), MAPS1, sums->K1);
    } else {
        unpool(reading, s->dH2, GRID, MAPS2, s->Y2);
        for (int n = 0; n < COUNT(s->Y2); n++) sums->b2[n % MAPS2] += s->Y2[n];
        kernel_gradient(s->H1, IN2, MAPS1, s->Y2, 2 * GRID, MAPS2, KERNEL, 1, FIT(KERNEL * MAPS1, SOME2), SOME2,
                        sums->K2);
        input_gradient(s->Y2, 2 * GRID, MAPS2, w + at->K2, KERNEL, 1, MAPS1, FIT(MAPS1, 2 * GRID + KERNEL - 1), s->dH1);
        unpool(reading, s->dH1, IN2, MAPS1, s->Y1);
        for (int n = 0; n < COUNT(s->Y1); n++) sums->b1[n % MAPS1] += s->Y1[n];
        kernel_gradient(s->x, SIZE, 1, s->Y1, 2 * IN2, MAPS1, KERNEL, 1, FIT(KERNEL, DEEP1), DEEP1, sums->K1);
    }
}

// The errors of a tile's images, added up, and their gradients for the scores, in whose place they come. Each image has
// its share of the error, one over the size of the batch, or 0 where there is none.
static REAL errors_of(const Reading *reading, V *scores, const int *label, V share) {
    V p[CLASSES], off[CLASSES], most = scores[0], sum = ZERO, inner = ZERO, squares = ZERO;
    typedef __typeof__(most <= ZERO) Mask;
    for (int c = 1; c < CLASSES; c++) {
        const Mask larger = scores[c] > most;
        most = (V)(((Mask)scores[c] & larger) | ((Mask)most & ~larger));
    }
    for (int c = 0; c < CLASSES; c++) {
        const V below = scores[c] - most;
        p[c] = (V)((Mask)exp_of_minus_abs(below) | (below != below));  // NaN stays NaN
        sum += p[c];
    }
    for (int c = 0; c < CLASSES; c++) off[c] = p[c] /= sum;
    for (int l = 0; l < LANES; l++) off[label[l]][l] -= 1;
    for (int c = 0; c < CLASSES; c++) {
        inner += off[c] * p[c];
        squares += off[c] * off[c];
    }
    REAL error = 0;
    for (int l = 0; l < LANES; l++)
        if (share[l] > 0)
            error += share[l] * (reading->squared_error ? squares[l] / 2
                                                        : most[l] - scores[label[l]][l] + (REAL)log((double)sum[l]));
    for (int c = 0; c < CLASSES; c++) {
        const V d = (reading->squared_error ? p[c] * (off[c] - inner) : off[c]) * share;
        scores[c] = reading->relu_logits ? positive(d, scores[c]) : d;
    }
    return error;
}

INLINE REAL lanes(V v) {  // halves are added until one number is left: few steps wait for one another
    REAL part[LANES];
    memcpy(part, &v, sizeof v);
    UNROLL for (int half = LANES / 2; half; half /= 2)
        UNROLL for (int l = 0; l < half; l++) part[l] += part[l + half];
    return part[0];
}

static void add_lanes(const V *sums, int count, REAL *to) {
    for (int n = 0; n < count; n++) to[n] = lanes(sums[n]);
}

// From the lanes' sums to a row of gradients; where kernels were composed, back through the composition.
static void gather(const Reading *reading, const Places *at, Scratch *s, REAL *gradient) {
    const Sums *sums = &s->sums;
    if (reading->pool_first) {
        add_lanes(sums->K1, COUNT(s->wide1), s->wide1);
        decompose(s->wide1, MAPS1, gradient + at->K1);
        add_lanes(sums->K2, COUNT(s->wide2), s->wide2);
        decompose(s->wide2, MAPS1 * MAPS2, gradient + at->K2);
    } else {
        add_lanes(sums->K1, KERNEL * KERNEL * MAPS1, gradient + at->K1);
        add_lanes(sums->K2, KERNEL * KERNEL * MAPS1 * MAPS2, gradient + at->K2);
    }
    add_lanes(sums->b1, MAPS1, gradient + at->b1);
    add_lanes(sums->b2, MAPS2, gradient + at->b2);
    add_lanes(sums->U, NODES * CLASSES, gradient + at->U);
    add_lanes(sums->b, CLASSES, gradient + at->b);
}

// Numbers too small for the usual format make a processor slow: they count as 0 meanwhile.
#if defined(__SSE2__)
typedef unsigned Mode;
static Mode flush(void) {
    const Mode before = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr(before | 0x8040);
    return before;
}
static void restore(Mode before) { __builtin_ia32_ldmxcsr(before); }
#elif defined(__aarch64__)
typedef uint64_t Mode;
static Mode flush(void) {
    Mode before;
    __asm__ volatile("mrs %0, fpcr" : "=r"(before));
    __asm__ volatile("msr fpcr, %0" ::"r"(before | (1u << 24)));
    return before;
}
static void restore(Mode before) { __asm__ volatile("msr fpcr, %0" ::"r"(before)); }
#else
typedef int Mode;
static Mode flush(void) { return 0; }
static void restore(Mode before) { (void)before; }
#endif

static void prepare(const Reading *reading, const Places *at, const REAL *w, Scratch *s) {
    if (!reading->pool_first) return;
    compose(w + at->K1, MAPS1, s->wide1);
    compose(w + at->K2, MAPS1 * MAPS2, s->wide2);
}

// What the Python asks for first: lanes, bytes of a Scratch.
void sl1_sizes(int64_t *sizes) {
    sizes[0] = LANES;
    sizes[1] = sizeof(Scratch);
}

// Images side by side, pixel by pixel: those from `first` on. Where the batch ends before the tile does, the rest is 0.
static void load(const Images *images, int64_t first, Scratch *s) {
    const int full = images->count - first < LANES ? (int)(images->count - first) : LANES;
    int64_t at[LANES];
    for (int l = 0; l < full; l++) at[l] = (images->chosen ? images->chosen[first + l] : first + l) * PIXELS;
    if (full < LANES) memset(s->words, 0, sizeof s->words), memset(s->x, 0, sizeof s->x);
    if (!images->grey) {
        for (int p = 0; p < PIXELS; p++)
            for (int l = 0; l < full; l++) s->x[p][l] = ((const REAL *)images->pixels)[at[l] + p];
        return;
    }
    for (int p = 0; p < PIXELS; p += 4)  // a word holds four pixels of a row: few numbers have to change places
        for (int l = 0; l < full; l++) {
            const uint8_t *from = (const uint8_t *)images->pixels + at[l] + p;
            memcpy((char *)&s->words[p / 4] + 4 * l, from, 4);
        }
    for (int p = 0; p < PIXELS; p++)
        s->x[p] = __builtin_convertvector((s->words[p / 4] >> (8 * (p % 4))) & 255, V) * ((REAL)1 / 255);
}

// What one thread does at a time: images from `first` to before `last`, both at the beginning of a tile or the end of the
// batch, through one network. `to` takes a row of gradients, or the scores of all images.
typedef struct {
    const Reading *reading;
    const Places *places;
    const REAL *weights;
    const Images *images;
    const int64_t *labels;
    int64_t first, last;
    REAL *to, *error;
} Part;

static void gradient_of(const void *task, void *room) {
    const Part *part = task;
    const Images *images = part->images;
    Scratch *s = room;
    const Mode before = flush();
    prepare(part->reading, part->places, part->weights, s);
    memset(&s->sums, 0, sizeof s->sums);
    *part->error = 0;
    for (int64_t n = part->first; n < part->last; n += LANES) {
        load(images, n, s);
        forward(part->reading, part->places, part->weights, s);
        int label[LANES] = {0};
        V share = ZERO;
        for (int l = 0; l < LANES && n + l < images->count; l++) {
            label[l] = (int)part->labels[images->chosen[n + l]];
            share[l] = (REAL)1 / images->count;
        }
        *part->error += errors_of(part->reading, s->scores, label, share);
        backward(part->reading, part->places, part->weights, s);
    }
    gather(part->reading, part->places, s, part->to);
    restore(before);
}

static void scores_of(const void *task, void *room) {
    const Part *part = task;
    Scratch *s = room;
    const Mode before = flush();
    prepare(part->reading, part->places, part->weights, s);
    for (int64_t n = part->first; n < part->last; n++) {
        const int lane = (int)((n - part->first) % LANES);
        if (lane == 0) {
            load(part->images, n, s);
            forward(part->reading, part->places, part->weights, s);
        }
        for (int c = 0; c < CLASSES; c++) part->to[n * CLASSES + c] = s->scores[c][lane];
    }
    restore(before);
}

// What the Python calls: all parts, in so many threads.
void sl1_gradients(const Part *parts, int64_t count, int32_t threads, Scratch *own) {
    share_out(gradient_of, parts, (size_t)count, sizeof *parts, threads, own, sizeof *own);
}

void sl1_scores(const Part *parts, int64_t count, int32_t threads, Scratch *own) {
    share_out(scores_of, parts, (size_t)count, sizeof *parts, threads, own, sizeof *own);
}
