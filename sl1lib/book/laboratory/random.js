// NumPy's generator of random numbers, PCG64 and its seeding, so that a seed starts here as it starts in the library.
//
// O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms for Random Number Generation".

const LOW = 0xffffffffn;
const MASK_64 = (1n << 64n) - 1n;
const MASK_128 = (1n << 128n) - 1n;
const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;
const POOL = 4;

const shifted = (word) => (word ^ (word >>> 16)) >>> 0;

/** A hash of one word after the other; its constant changes with each. */
function hasher(start, multiplier) {
  let constant = start;
  return (word) => {
    const mixed = word ^ constant;
    constant = Math.imul(constant, multiplier);
    return shifted(Math.imul(mixed, constant));
  };
}

/** NumPy's SeedSequence of at most four words: four numbers of 64 bits. */
function seedSequence(words) {
  const hash = hasher(0x43b0d7e5, 0x931e8875);
  const pool = Array.from({ length: POOL }, (_, at) => hash(words[at] ?? 0));
  for (let from = 0; from < POOL; from++) {
    for (let to = 0; to < POOL; to++) {
      if (from !== to) {
        const mixed = Math.imul(0xca01f9dd, pool[to]) - Math.imul(0x4973f715, hash(pool[from]));
        pool[to] = shifted(mixed);
      }
    }
  }
  const next = hasher(0x8b51f9dd, 0x58f38ded);
  const halves = Array.from({ length: 2 * POOL }, (_, at) => BigInt(next(pool[at % POOL])));
  return Array.from({ length: POOL }, (_, at) => halves[2 * at] | (halves[2 * at + 1] << 32n));
}

/** `numpy.random.default_rng([...words])`, as far as the library uses it. */
export class Generator {
  #state = 0n;
  #step;
  #spare = null;

  constructor(...words) {
    const [high, low, highStep, lowStep] = seedSequence(words);
    this.#step = ((((highStep << 64n) | lowStep) << 1n) | 1n) & MASK_128;
    this.#advance();
    this.#state += (high << 64n) | low;
    this.#advance();
  }

  #advance() {
    this.#state = (this.#state * MULTIPLIER + this.#step) & MASK_128;
  }

  #bits64() {
    this.#advance();
    const word = ((this.#state >> 64n) ^ this.#state) & MASK_64;
    const turn = this.#state >> 122n;
    return ((word >> turn) | (word << (64n - turn))) & MASK_64;
  }

  #bits32() {
    const spare = this.#spare;
    if (spare !== null) {
      this.#spare = null;
      return spare;
    }
    const bits = this.#bits64();
    this.#spare = Number(bits >> 32n);
    return Number(bits & LOW);
  }

  /** A number of [0, 1). */
  random() {
    return Number(this.#bits64() >> 11n) / 2 ** 53;
  }

  /** A whole number from 0 to `most`: as many bits as it has, drawn until they are not above it. */
  #integer(most) {
    const mask = 2 ** (32 - Math.clz32(most)) - 1;
    for (;;) {
      const drawn = (this.#bits32() & mask) >>> 0;
      if (drawn <= most) return drawn;
    }
  }

  /** The numbers 0, 1, …, count − 1 in a random order. */
  permutation(count) {
    const order = Array.from({ length: count }, (_, at) => at);
    for (let at = count - 1; at > 0; at--) {
      const other = this.#integer(at);
      [order[at], order[other]] = [order[other], order[at]];
    }
    return order;
  }
}
