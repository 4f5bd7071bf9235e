"""A small convolutional network with a smoothed L1 penalty, in NumPy alone.

    x             1 x 28 x 28   an image, grey levels from 0 to 1
    convolution   6 x 24 x 24   with kernels K1 of 5 x 5 and biases b1
    pooling       6 x 12 x 12   then ReLU: stage1
    convolution  12 x  8 x  8   with kernels K2 of 5 x 5 and biases b2
    pooling      12 x  4 x  4   then ReLU: features, the values of 192 nodes
    dense        10             with weights U and biases b: scores

Indices: n sample, the first axis of all arrays but parameters; f map that
comes out of a layer; c channel that goes in, or class; i, j row and column;
m, l the same inside a kernel or a window; k node. Σ_cml adds up over c, m
and l. X in a formula is x in the code; for any array A, dA means ∂E/∂A.
"""

import numpy as np

SHAPES = {
    "K1": (6, 1, 5, 5),
    "b1": (6,),
    "K2": (12, 6, 5, 5),
    "b2": (12,),
    "U": (10, 192),
    "b": (10,),
}
ALL = np.full(192, True)  # a mask: True where U reads the node; none pruned


# ---- Convolution ----
def einsum(letters, a, b):
    """Multiply a by b and add up over the indices missing after "->"."""
    return np.einsum(letters, a, b, optimize=True)  # by fast products


def conv2d(x, K, bias):
    """Return Y[n,f,i,j] = bias[f] + Σ_cml K[f,c,m,l] X[n,c,i+m,j+l]."""
    h, w = x.shape[2] - 4, x.shape[3] - 4  # where a 5 x 5 kernel fits
    y = np.zeros((len(x), len(K), h, w))
    for m, l in np.ndindex(5, 5):
        seen = x[:, :, m : m + h, l : l + w]  # X[n,c,i+m,j+l] for all i, j
        y += einsum("fc,ncij->nfij", K[:, :, m, l], seen)
    return y + bias[:, None, None]  # one for each map f


def conv2d_backward(dy, x, K):
    """Return dX, dK and dbias.

    dX[n,c,i+m,j+l] += Σ_f dY[n,f,i,j] K[f,c,m,l] for all i, j, m, l
    dK[f,c,m,l] = Σ_nij dY[n,f,i,j] X[n,c,i+m,j+l]
    dbias[f] = Σ_nij dY[n,f,i,j]
    """
    h, w = dy.shape[2:]
    dx, dK = np.zeros(x.shape), np.zeros(K.shape)
    for m, l in np.ndindex(5, 5):
        place = np.s_[:, :, m : m + h, l : l + w]  # of X[n,c,i+m,j+l]
        dK[:, :, m, l] = einsum("nfij,ncij->fc", dy, x[place])
        dx[place] += einsum("nfij,fc->ncij", dy, K[:, :, m, l])
    return dx, dK, dy.sum(axis=(0, 2, 3))


# ---- Pooling ----
def avg_pool2d(a):
    """Return P[n,c,i,j] = ¼ Σ_ml A[n,c,2i+m,2j+l], m and l are 0 or 1."""
    N, C, h, w = a.shape
    blocks = a.reshape(N, C, h // 2, 2, w // 2, 2)  # the axes n c i m j l
    return blocks.mean(axis=(3, 5))


def avg_pool2d_backward(dp):
    """Return dA[n,c,2i+m,2j+l] = ¼ dP[n,c,i,j]."""
    return dp.repeat(2, axis=2).repeat(2, axis=3) / 4


# ---- Softmax and the entropy error ----
def log_softmax(S):
    """Return ln p, where p[n,c] = e^S[n,c] / Σ_f e^S[n,f]: softmax."""
    S = S - S.max(axis=1, keepdims=True)  # the same p, and no overflow
    return S - np.log(np.exp(S).sum(axis=1, keepdims=True))


def cross_entropy(S, labels):
    """Return E0 = −1/N Σ_n ln p[n,c]: N samples, c the label of n."""
    return -log_softmax(S)[np.arange(len(S)), labels].mean()


def cross_entropy_backward(S, labels):
    """Return dS = (p − T) / N: T[n,c] is 1 where c is the label, else 0."""
    return (np.exp(log_softmax(S)) - np.eye(10)[labels]) / len(S)


# ---- SL1: a penalty on r = ‖u_k‖, the length of column k of U ----
def penalty(U, eps):
    """Return Σ_k φ(r), φ(r) = r where r > ε, else r²/(2ε) + ε/2."""
    r = np.linalg.norm(U, axis=0)
    return np.where(r > eps, r, r**2 / (2 * eps) + eps / 2).sum()


def penalty_grad(U, eps):
    """Return column by column φ'(r) u/r: u/r where r > ε, else u/ε."""
    return U / np.maximum(np.linalg.norm(U, axis=0), eps)


# ---- The network ----
def init_params(seed=0):
    """Draw weights from [−a, a], a² = 6 / (n_in + n_out); biases are 0."""
    rng = np.random.default_rng([0, seed])  # train draws from [1, ...]
    params = {name: np.zeros(shape) for name, shape in SHAPES.items()}
    for name in ("K1", "K2", "U"):
        maps, channels, *places = SHAPES[name]  # U: no places, product 1
        a = np.sqrt(6 / ((channels + maps) * np.prod(places)))
        params[name] = rng.uniform(-a, a, SHAPES[name])
    return params


def forward(params, x, nodes=ALL):
    """Return stage1, features, scores; nodes masks the features U reads."""
    pool1 = avg_pool2d(conv2d(x, params["K1"], params["b1"]))
    stage1 = np.maximum(pool1, 0)  # ReLU
    pool2 = avg_pool2d(conv2d(stage1, params["K2"], params["b2"]))
    features = np.maximum(pool2, 0).reshape(len(x), -1)[:, nodes]
    # S[n,c] = b[c] + Σ_k O[n,k] U[c,k], where O are the features
    scores = features @ params["U"].T + params["b"]
    return stage1, features, scores


def backward(params, x, labels, strength, eps):
    """Return E = E0 + λ Σ_k φ(r) and its gradient, nothing pruned."""
    stage1, features, scores = forward(params, x)
    E = cross_entropy(scores, labels) + strength * penalty(params["U"], eps)
    d = {}  # d[name] is ∂E/∂params[name]
    ds = cross_entropy_backward(scores, labels)
    d["U"] = ds.T @ features + strength * penalty_grad(params["U"], eps)
    d["b"] = ds.sum(axis=0)
    dpool2 = (ds @ params["U"]) * (features > 0)  # ReLU's slope is 1 there
    dconv2 = avg_pool2d_backward(dpool2.reshape(-1, 12, 4, 4))
    dstage1, d["K2"], d["b2"] = conv2d_backward(
        dconv2, stage1, params["K2"]
    )
    dconv1 = avg_pool2d_backward(dstage1 * (stage1 > 0))
    _, d["K1"], d["b1"] = conv2d_backward(dconv1, x, params["K1"])
    return E, d


# ---- Training ----
def momentum(t):
    """Return μ = 0.2 min(t/20, 1), the momentum of update t, from 0 on."""
    return 0.2 * min(t / 20, 1)


def train(
    params, x, labels, epochs, lr, strength, eps, seed=0, batch_size=50
):
    """Yield each batch's E and the params after its update; η falls."""
    velocity = {name: np.zeros(shape) for name, shape in SHAPES.items()}
    updates = epochs * int(np.ceil(len(x) / batch_size))
    t = 0
    for epoch in range(epochs):
        rng = np.random.default_rng([1, seed, epoch])
        order = rng.permutation(len(x))
        for first in range(0, len(x), batch_size):
            batch = order[first : first + batch_size]
            E, d = backward(params, x[batch], labels[batch], strength, eps)
            mu, eta = momentum(t), lr * (1 - t / updates)
            params = params.copy()  # the dicts yielded before stay
            for name in params:  # v ← μ v − η ∂E/∂w, w ← w + v
                velocity[name] = mu * velocity[name] - eta * d[name]
                params[name] = params[name] + velocity[name]
            yield E, params
            t += 1


def error_rate(params, x, labels, nodes=ALL):
    """Return the share of images whose largest score is not the label's."""
    _, _, scores = forward(params, x, nodes)
    return (scores.argmax(axis=1) != labels).mean()


# ---- Pruning ----
def prune(params, x, threshold):
    """Remove each node k with |u_k| < threshold: b ← b + mean(O_k) u_k.

    A map that has no node left goes too. Return the smaller network and the
    nodes that it reads, as forward takes them.
    """
    U = params["U"]
    keep = np.linalg.norm(U, axis=0) >= threshold
    _, features, _ = forward(params, x)
    means = features.mean(axis=0)  # of each node, over the images
    by_map = keep.reshape(12, 16)  # 12 maps of 4 x 4 nodes
    alive = by_map.any(axis=1)  # the maps that have a node left
    smaller = {
        "K1": params["K1"],
        "b1": params["b1"],
        "K2": params["K2"][alive],
        "b2": params["b2"][alive],
        "U": U[:, keep],
        "b": params["b"] + U[:, ~keep] @ means[~keep],
    }
    return smaller, by_map[alive].ravel()
