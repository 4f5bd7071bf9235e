// The embedded digits, as `sl1lib.data.load_digits` makes them: unpacked, brought to MNIST's size, and cut in two.

import { IMAGE_SIDE, PIXELS } from "./network.js";

const [DIGIT_BOX, SMALL_SIDE, MARGIN] = [20, 8, 4]; // in pixels
const [BLACK, WHITE] = [4, 13]; // ink, out of 16, that becomes black and white
const [IMAGES_HEADER, LABELS_HEADER] = [16, 8]; // bytes of the IDX format before the numbers

async function unpack(packed) {
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Linear interpolation from 8 to 20 places, times 40 so that all is whole: where a new place reads, and how much. */
function bilinear() {
  return Array.from({ length: DIGIT_BOX }, (_, i) => {
    const place = (2 * i + 1) * SMALL_SIDE - DIGIT_BOX;
    const [left, rest] = [
      Math.floor(place / (2 * DIGIT_BOX)),
      place - 2 * DIGIT_BOX * Math.floor(place / (2 * DIGIT_BOX)),
    ];
    return [
      [Math.max(left, 0), 2 * DIGIT_BOX - rest],
      [Math.min(left + 1, SMALL_SIDE - 1), rest],
    ];
  });
}

/** Grey levels of 28×28 from ink of 8×8, image by image. */
export function enlarge(ink) {
  const [weights, count] = [bilinear(), ink.length / SMALL_SIDE ** 2];
  const [scale, images] = [(2 * DIGIT_BOX) ** 2, new Uint8Array(count * PIXELS)];
  const full = (WHITE - BLACK) * scale;
  for (let n = 0; n < count; n++) {
    for (let i = 0; i < DIGIT_BOX; i++) {
      for (let j = 0; j < DIGIT_BOX; j++) {
        let found = 0;
        for (const [row, down] of weights[i]) {
          for (const [column, right] of weights[j])
            found += down * right * ink[n * SMALL_SIDE ** 2 + row * SMALL_SIDE + column];
        }
        const stretched = Math.max(0, Math.min(found - BLACK * scale, full));
        const level = Math.floor((255 * stretched + full / 2) / full);
        images[n * PIXELS + (i + MARGIN) * IMAGE_SIDE + j + MARGIN] = level;
      }
    }
  }
  return images;
}

/** Images and labels for training and for testing, from the two files in the package, packed as text. */
export async function loadDigits({ images, labels, training }) {
  const levels = enlarge((await unpack(images)).subarray(IMAGES_HEADER));
  const answers = (await unpack(labels)).subarray(LABELS_HEADER);
  return {
    images: levels.slice(0, training * PIXELS),
    labels: answers.slice(0, training),
    testImages: levels.slice(training * PIXELS),
    testLabels: answers.slice(training),
  };
}
