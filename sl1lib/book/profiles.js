// The profiles φ of a length r ≥ 0, for a width ε. The tests hold each against `sl1lib.reference`.

const quartic = (t) => (6 * t ** 2 - t ** 4 + 3) / 8;

/** The root t ε, with t in [0, 1], of t + s (3t − t³)/2 = r/ε for s = τ/ε: t = m sin θ makes it sin 3θ = 8r / (ε s m³). */
function cubicRoot(r, tau, eps) {
  const s = tau / eps;
  if (1 + s === 1) return r;
  const m = 2 * Math.sqrt((2 + 3 * s) / (3 * s));
  return eps * m * Math.sin(Math.asin(Math.min((8 * r) / (eps * s * m ** 3), 1)) / 3);
}

/** x + τ φ′(x) = r has one solution in [0, r]: halve until it is found. */
function halve(slope, r, tau, eps) {
  let [low, high] = [0, r];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (middle + tau * slope(middle, eps) > r) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}

/** Value, slope, proximal map where there is a single one, and between what the value minus r stays if it follows r. */
export const PROFILES = {
  huber: {
    value: (r, eps) => (r > eps ? r : r ** 2 / (2 * eps) + eps / 2),
    slope: (r, eps) => r / Math.max(r, eps),
    prox: (r, tau, eps) => (r <= eps + tau ? (r * eps) / (eps + tau) : r - tau),
    gap: (eps) => [0, eps / 2],
  },
  quartic: {
    value: (r, eps) => (r >= eps ? r : eps * quartic(r / eps)),
    slope: (r, eps) => (3 * Math.min(r / eps, 1) - Math.min(r / eps, 1) ** 3) / 2,
    prox: (r, tau, eps) => (r <= eps + tau ? cubicRoot(r, tau, eps) : r - tau),
    gap: (eps) => [0, (3 * eps) / 8],
  },
  pseudo_huber: {
    value: (r, eps) => Math.hypot(r, eps),
    slope: (r, eps) => r / Math.hypot(r, eps),
    prox: (r, tau, eps) => halve(PROFILES.pseudo_huber.slope, r, tau, eps),
    gap: (eps) => [0, eps],
  },
  log_cosh: {
    value: (r, eps) => r + eps * (Math.log1p(Math.exp((-2 * r) / eps)) - Math.LN2),
    slope: (r, eps) => Math.tanh(r / eps),
    prox: (r, tau, eps) => halve(PROFILES.log_cosh.slope, r, tau, eps),
    gap: (eps) => [-eps * Math.LN2, 0],
  },
  abs: {
    value: (r) => r,
    slope: (r) => Math.sign(r),
    prox: (r, tau) => Math.max(r - tau, 0),
    gap: () => [0, 0],
  },
  squared: {
    value: (r) => r ** 2 / 2,
    slope: (r) => r,
    prox: (r, tau) => r / (1 + tau),
  },
  sqrt_quartic: {
    value: (r, eps) => Math.sqrt(PROFILES.quartic.value(r, eps)),
    slope: (r, eps) => PROFILES.quartic.slope(r, eps) / (2 * Math.sqrt(PROFILES.quartic.value(r, eps))),
  },
};
