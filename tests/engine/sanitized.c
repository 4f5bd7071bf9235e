// Calls every function of kernels.c on arrays of just the size that it may touch, for the address sanitizer.

#include <stdio.h>
#include <stdlib.h>

#include "kernels.c"

static void *room(size_t bytes) {
    const size_t whole = (bytes + BYTES - 1) / BYTES * BYTES;
    void *made = aligned_alloc(BYTES, whole);
    if (!made) exit(2);
    memset(made, 0, whole);
    return made;
}

int main(void) {
    enum { COUNT_OF_IMAGES = 21, K1 = 25 * MAPS1, K2 = 25 * MAPS1 * MAPS2, U = NODES * CLASSES };
    enum { ROW = K1 + MAPS1 + K2 + MAPS2 + U + CLASSES };
    const Places places = {0, K1, K1 + MAPS1, K1 + MAPS1 + K2, K1 + MAPS1 + K2 + MAPS2, ROW - CLASSES};
    REAL *weights = malloc(ROW * sizeof(REAL)), *gradient = malloc(2 * ROW * sizeof(REAL)), *error = malloc(2 * sizeof(REAL));
    uint8_t *grey = malloc(COUNT_OF_IMAGES * PIXELS);
    REAL *pixels = malloc(COUNT_OF_IMAGES * PIXELS * sizeof(REAL)), *scores = malloc(COUNT_OF_IMAGES * CLASSES * sizeof(REAL));
    int64_t *labels = malloc(COUNT_OF_IMAGES * sizeof(int64_t)), *chosen = malloc(COUNT_OF_IMAGES * sizeof(int64_t)), sizes[2];
    sl1_sizes(sizes);
    Scratch *scratch = room((size_t)sizes[1]);
    for (int n = 0; n < ROW; n++) weights[n] = (REAL)((n * 37 % 101) - 50) / 200;
    for (int n = 0; n < COUNT_OF_IMAGES * PIXELS; n++) pixels[n] = (REAL)(grey[n] = (uint8_t)(n * 29 % 256)) / 255;
    for (int n = 0; n < COUNT_OF_IMAGES; n++) labels[n] = n % 10, chosen[n] = COUNT_OF_IMAGES - 1 - n;
    for (int kind = 0; kind < 16; kind++)
        for (int is_grey = 0; is_grey < 2; is_grey++) {
            const Reading reading = {kind & 1, kind >> 1 & 1, kind >> 2 & 1, kind >> 3 & 1};
            const Images images = {is_grey ? (void *)grey : (void *)pixels, chosen, COUNT_OF_IMAGES, is_grey};
            const Part halves[] = {
                {&reading, &places, weights, &images, labels, 0, LANES, gradient, error},
                {&reading, &places, weights, &images, labels, LANES, COUNT_OF_IMAGES, gradient + ROW, error + 1},
            };
            sl1_gradients(halves, COUNT_OF_IMAGES > LANES ? 2 : 1, 2, scratch);
            const Part all = {&reading, &places, weights, &images, NULL, 0, COUNT_OF_IMAGES, scores, NULL};
            sl1_scores(&all, 1, 2, scratch);
            if (!(*error > 0 && *error < 100)) return 3;
        }
    puts("done");
    free(weights), free(gradient), free(error), free(grey), free(pixels), free(scores), free(labels), free(chosen);
    free(scratch);
    return 0;
}
