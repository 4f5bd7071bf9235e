"""A mistake is named by what it does, not by how it is written: here in loops, by other functions, with other names."""
# ruff: noqa: B905, RUF059 (as students write)

import math
from itertools import product

import numpy as np
import pytest

from sl1lib import course

HANDED_IN = []


def handed_in(exercise, mistake):
    """Note a function, with what it should be told."""

    def note(function):
        HANDED_IN.append(pytest.param(exercise, mistake, function, id=f"{function.__name__}-{mistake}"))
        return function

    return note


@handed_in("conv2d", "kernel_flipped")
def conv2d_1(x, kernel, bias):
    N, C, H, W = x.shape
    M, _, kh, kw = kernel.shape
    y = np.zeros((N, M, H - kh + 1, W - kw + 1))
    for n in range(N):
        for m in range(M):
            for i in range(H - kh + 1):
                for j in range(W - kw + 1):
                    t = bias[m]
                    for c in range(C):
                        for a in range(kh):
                            for b in range(kw):
                                t += x[n, c, i + kh - 1 - a, j + kw - 1 - b] * kernel[m, c, a, b]
                    y[n, m, i, j] = t
    return y


@handed_in("conv2d", "kernel_transposed")
def conv2d_2(x, kernel, bias):
    N, C, H, W = x.shape
    M, _, kh, kw = kernel.shape
    y = np.zeros((N, M, H - kh + 1, W - kw + 1))
    for n in range(N):
        for m in range(M):
            for i in range(H - kh + 1):
                for j in range(W - kw + 1):
                    y[n, m, i, j] = bias[m] + sum(
                        x[n, c, i + a, j + b] * kernel[m, c, b, a]
                        for c in range(C)
                        for a in range(kh)
                        for b in range(kw)
                    )
    return y


@handed_in("conv2d", "no_bias")
def conv2d_3(x, kernel, bias):
    w = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[2:], axis=(2, 3))
    return np.einsum("ncijml,fcml->nfij", w, kernel)


@handed_in("conv2d", "no_bias+kernel_flipped")
def conv2d_4(x, kernel, bias):
    w = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[2:], axis=(2, 3))
    return np.einsum("ncijml,fcml->nfij", w, kernel[..., ::-1, ::-1])


@handed_in("conv2d", "last_row_and_column_missing")
def conv2d_5(x, kernel, bias):
    N, C, H, W = x.shape
    M, _, kh, kw = kernel.shape
    y = np.zeros((N, M, H - kh, W - kw))
    for i in range(H - kh):
        for j in range(W - kw):
            y[:, :, i, j] = np.tensordot(x[:, :, i : i + kh, j : j + kw], kernel, axes=([1, 2, 3], [1, 2, 3])) + bias
    return y


@handed_in("conv2d_kernel_grad", "last_image_only")
def conv2d_kernel_grad_1(dy, x):
    N, M, h, w = dy.shape
    C, H, W = x.shape[1:]
    for n in range(N):
        g = np.zeros((M, C, H - h + 1, W - w + 1))
        for a in range(H - h + 1):
            for b in range(W - w + 1):
                for m in range(M):
                    for c in range(C):
                        g[m, c, a, b] += (dy[n, m] * x[n, c, a : a + h, b : b + w]).sum()
    return g


@handed_in("conv2d_kernel_grad", "mean_over_images")
def conv2d_kernel_grad_2(dy, x):
    N, M, h, w = dy.shape
    C, H, W = x.shape[1:]
    g = np.zeros((M, C, H - h + 1, W - w + 1))
    for a in range(H - h + 1):
        for b in range(W - w + 1):
            for m in range(M):
                for c in range(C):
                    g[m, c, a, b] = (dy[:, m] * x[:, c, a : a + h, b : b + w]).sum(axis=(1, 2)).mean()
    return g


@handed_in("conv2d_input_grad", "overwritten")
def conv2d_input_grad_1(dy, kernel):
    N, M, h, w = dy.shape
    _, C, kh, kw = kernel.shape
    dx = np.zeros((N, C, h + kh - 1, w + kw - 1))
    for a in range(kh):
        for b in range(kw):
            dx[:, :, a : a + h, b : b + w] = np.einsum("nmij,mc->ncij", dy, kernel[:, :, a, b])
    return dx


@handed_in("conv2d_bias_grad", "mean_for_sum")
def conv2d_bias_grad_1(dy):
    return dy.mean(axis=(0, 2, 3))


@handed_in("conv2d_bias_grad", "images_not_summed")
def conv2d_bias_grad_2(dy):
    return np.sum(np.sum(dy, -1), -1)


@handed_in("avg_pool2d", "sum_for_mean")
def avg_pool2d_1(a, k):
    out = 0
    for i in range(k):
        for j in range(k):
            out = out + a[:, :, i::k, j::k]
    return out


@handed_in("avg_pool2d", "maximum_for_mean")
def avg_pool2d_2(a, k):
    N, C, H, W = a.shape
    return np.array(
        [
            [[[a[n, c, i : i + k, j : j + k].max() for j in range(0, W, k)] for i in range(0, H, k)] for c in range(C)]
            for n in range(N)
        ]
    )


@handed_in("avg_pool2d_backward", "not_divided")
def avg_pool2d_backward_1(dp, k):
    return np.kron(dp, np.ones((k, k)))


@handed_in("avg_pool2d_backward", "tiled")
def avg_pool2d_backward_2(dp, k):
    return np.concatenate([np.concatenate([dp] * k, 2)] * k, 3) / (k * k)


@handed_in("dense", "weights_not_transposed")
def dense_1(o, U, b):
    return np.dot(o, U) + b


@handed_in("dense_backward", "bias_averaged")
def dense_backward_1(ds, o, U):
    return (np.dot(ds, U), np.dot(ds.T, o), np.mean(ds, 0))


@handed_in("dense_backward", "bias_averaged+weights_averaged")
def dense_backward_2(ds, o, U):
    n = len(o)
    return (np.dot(ds, U), np.dot(ds.T, o) / n, np.sum(ds, 0) / n)


@handed_in("dense_backward", "weight_gradient_transposed")
def dense_backward_3(ds, o, U):
    return (ds @ U, o.T @ ds, ds.sum(0))


@handed_in("relu_backward", "mask_from_the_gradient")
def relu_backward_1(dy, x):
    dx = dy.copy()
    dx[dy <= 0] = 0
    return dx


@handed_in("relu_backward", "one_at_zero")
def relu_backward_2(dy, x):
    return dy * (x >= 0)


@handed_in("relu_backward", "changed_argument")
def relu_backward_3(dy, x):
    dy[x <= 0] = 0
    return dy.copy()


@handed_in("softmax", "no_shift")
def softmax_1(s):
    return np.exp(s) / np.sum(np.exp(s), axis=1)[:, None]


@handed_in("softmax", "normalised_over_everything")
def softmax_2(s):
    e = np.exp(s - np.max(s, axis=1, keepdims=True))
    return e / np.sum(e)


@handed_in("softmax", "no_shift+normalised_over_everything")
def softmax_3(s):
    return np.exp(s) / np.sum(np.exp(s))


@handed_in("softmax", "no_shift+axis_lost")
def softmax_4(s):
    return np.exp(s) / np.sum(np.exp(s), axis=1)


@handed_in("log_softmax", "logarithm_of_softmax")
def log_softmax_1(s):
    e = np.exp(s - s.max(1)[:, None])
    p = e / e.sum(1)[:, None]
    return np.log(p)


@handed_in("cross_entropy", "sum_for_mean")
def cross_entropy_1(logits, labels):
    t = 0
    for z, label in zip(logits, labels):
        m = z.max()
        t += m + np.log(np.exp(z - m).sum()) - z[label]
    return t


@handed_in("cross_entropy", "no_shift+logarithm_of_softmax")
def cross_entropy_2(logits, labels):
    p = np.exp(logits)
    p /= p.sum(1, keepdims=True)
    return -np.mean(np.log(p[range(len(p)), labels]))


@handed_in("cross_entropy", "logarithm_of_softmax")
def cross_entropy_3(logits, labels):
    e = np.exp(logits - logits.max(1, keepdims=True))
    p = e / e.sum(1, keepdims=True)
    return -np.mean(np.log(p[range(len(p)), labels]))


@handed_in("cross_entropy_backward", "not_divided_by_samples")
def cross_entropy_backward_1(logits, labels):
    e = np.exp(logits - logits.max(1, keepdims=True))
    p = e / e.sum(1, keepdims=True)
    return p - np.eye(logits.shape[1])[labels]


@handed_in("cross_entropy_backward", "wrong_sign")
def cross_entropy_backward_2(logits, labels):
    e = np.exp(logits - logits.max(1, keepdims=True))
    p = e / e.sum(1, keepdims=True)
    return (np.eye(logits.shape[1])[labels] - p) / len(p)


@handed_in("numerical_gradient", "one_sided")
def numerical_gradient_1(f, w, step):
    g = np.empty_like(w)
    b = f(w)
    for i in range(w.size):
        v = w.copy()
        v.flat[i] += step
        g.flat[i] = (f(v) - b) / step
    return g


@handed_in("numerical_gradient", "changed_argument")
def numerical_gradient_2(f, w, step):
    g = np.empty_like(w)
    for i in np.ndindex(w.shape):
        old = w[i]
        w[i] = old + step
        a = f(w)
        w[i] = old - step
        b = f(w)
        g[i] = (a - b) / (2 * step)
        w[i] = old
    w[0] += 1
    return g


@handed_in("numerical_gradient", "not_moved_back")
def numerical_gradient_3(f, w, step):
    g = np.empty_like(w)
    for i in np.ndindex(w.shape):
        w[i] += step
        a = f(w)
        w[i] -= 2 * step
        b = f(w)
        g[i] = (a - b) / (2 * step)
    return g


@handed_in("gradient_error", "mean_for_maximum")
def gradient_error_1(derived, differences):
    s = max(abs(derived).max(), abs(differences).max())
    return np.abs(derived - differences).mean() / s if s else 0.0


@handed_in("gradient_error", "zero_by_zero")
def gradient_error_2(derived, differences):
    return np.abs(derived - differences).max() / max(abs(derived).max(), abs(differences).max())


@handed_in("stage_backward", "no_mask")
def stage_backward_1(d, conv, k):
    return np.kron(d, np.ones((k, k))) / k**2


@handed_in("stage_backward", "mask_of_the_other_reading")
def stage_backward_2(d, conv, k):
    return np.kron(d, np.ones((k, k))) / k / k * (conv > 0)


@handed_in("soft_threshold", "hard_threshold")
def soft_threshold_1(w, tau):
    return w * (np.abs(w) > tau)


@handed_in("soft_threshold", "not_stopped_at_zero")
def soft_threshold_2(w, tau):
    return w - tau * np.sign(w)


@handed_in("huber", "hubers_loss")
def huber_1(r, eps):
    return np.array([[x - eps / 2 if x > eps else x * x / 2 / eps for x in row] for row in np.atleast_2d(r)]).reshape(
        r.shape
    )


@handed_in("huber_slope", "eps_ignored")
def huber_slope_1(w, eps):
    return np.where(w > 0, 1.0, np.where(w < 0, -1.0, 0.0))


@handed_in("log_cosh", "overflow")
def log_cosh_1(w, eps):
    return eps * np.log(np.cosh(w / eps))


@handed_in("log_cosh", "overflow")
def log_cosh_2(w, eps):
    return eps * np.log((np.exp(w / eps) + np.exp(-w / eps)) / 2)


@handed_in("penalty_grad", "eps_ignored")
def penalty_grad_1(U, eps):
    return U / np.sqrt((U * U).sum(0))


@handed_in("penalty_grad", "each_weight_by_itself")
def penalty_grad_2(U, eps):
    return np.where(np.abs(U) > eps, np.sign(U), U / eps)


@handed_in("penalty_prox", "each_weight_by_itself")
def penalty_prox_1(U, tau):
    return np.where(tau < U, U - tau, np.where(-tau > U, U + tau, 0))


@handed_in("penalty_prox", "zero_by_zero")
def penalty_prox_2(U, tau):
    n = np.sqrt((U**2).sum(0))
    return U / n * np.maximum(n - tau, 0)


@handed_in("heavy_ball_step", "old_velocity_moves")
def heavy_ball_step_1(w, v, gradient, lr, momentum):
    w = w + v
    v = momentum * v - lr * gradient
    return (w, v)


@handed_in("training_step", "sum_over_the_batch")
def training_step_1(U, V, o, labels, lr, momentum, strength, eps):
    z = o @ U.T
    p = np.exp(z - z.max(1)[:, None])
    p = p / p.sum(1)[:, None]
    g = (p - np.eye(len(U))[labels]).T @ o
    n = np.sqrt((U**2).sum(0))
    g = g + strength * np.where(n > eps, U / np.where(n > 0, n, 1), U / eps)
    V = momentum * V - lr * g
    return (U + V, V)


@handed_in("training_step", "penalty_pushes+old_velocity_moves")
def training_step_2(U, V, o, labels, lr, momentum, strength, eps):
    z = o @ U.T
    p = np.exp(z - z.max(1)[:, None])
    p = p / p.sum(1)[:, None]
    g = (p - np.eye(len(U))[labels]).T @ o / len(o)
    n = np.sqrt((U**2).sum(0))
    g = g - strength * np.where(n > eps, U / np.where(n > 0, n, 1), U / eps)
    return (U + V, momentum * V - lr * g)


@handed_in("momentum_ramp", "counted_from_one")
def momentum_ramp_1(update, start, end, updates, shape):
    if shape == "step":
        return start if update < updates else end
    if updates == 0:
        return end
    return min(start + (end - start) * (update + 1) / updates, end)


@handed_in("im2col", "transposed")
def im2col_1(x, kh, kw):
    C, H, W = x.shape
    return np.array([x[:, i : i + kh, j : j + kw].ravel() for i in range(H - kh + 1) for j in range(W - kw + 1)])


@handed_in("holm", "bonferroni")
def holm_1(p_values):
    return np.minimum(1, p_values * len(p_values))


@handed_in("holm", "no_running_maximum")
def holm_2(p_values):
    r = np.argsort(np.argsort(p_values))
    return np.minimum(p_values * (len(p_values) - r), 1)


@handed_in("sign_rank_p", "one_sided")
def sign_rank_p_1(a, b):
    d = a - b
    r = np.argsort(np.argsort(abs(d))) + 1.0
    r = np.array([r[abs(d) == abs(x)].mean() for x in d])
    t = (np.sign(d) * r).sum()
    c = [sum((q * w for q, w in zip(s, r))) for s in product([1, -1], repeat=len(d))]
    return np.mean([x <= t for x in c])


@handed_in("remove_inputs", "means_dropped")
def remove_inputs_1(U, b, removed, means):
    return (np.delete(U, np.where(removed)[0], axis=1), b)


@handed_in("remove_inputs", "means_dropped")
def remove_inputs_2(U, b, removed, means):
    return (np.delete(U, np.where(removed)[0], axis=1), b.copy())


@handed_in("dead_nodes", "squared_length")
def dead_nodes_1(U, eps):
    return np.sum(U * U, axis=0) < eps


@handed_in("pairs_needed", "one_sided")
def pairs_needed_1(tests, alpha):
    n = 1
    while 0.5**n * tests > alpha:
        n += 1
    return n


@handed_in("composed_kernel", "not_divided")
def composed_kernel_11(kernel, k):
    M, C, kh, kw = kernel.shape
    out = np.zeros((M, C, kh + k - 1, kw + k - 1))
    for i in range(k):
        for j in range(k):
            out[:, :, i : i + kh, j : j + kw] += kernel
    return out


@handed_in("composed_kernel", "divided_by_k")
def composed_kernel_12(kernel, k):
    M, C, kh, kw = kernel.shape
    out = np.zeros((M, C, kh + k - 1, kw + k - 1))
    for i in range(k):
        for j in range(k):
            out[:, :, i : i + kh, j : j + kw] += kernel / k
    return out


@handed_in("heavy_ball_energy", "next_move")
def heavy_ball_energy_11(errors, path, lr, momentum):
    moves = np.zeros_like(path)
    moves[:-1] = path[1:] - path[:-1]
    return errors + momentum / (2 * lr) * (moves**2).sum(axis=1)


@handed_in("heavy_ball_energy", "length_for_its_square")
def heavy_ball_energy_12(errors, path, lr, momentum):
    d = np.diff(path, axis=0, prepend=path[:1])
    return errors + momentum / (2 * lr) * np.sqrt((d**2).sum(1))


@handed_in("remove_inputs", "means_without_weights")
def remove_inputs_11(U, b, removed, means):
    keep = ~removed
    return U[:, keep], b + means[removed].sum()


@handed_in("remove_inputs", "means_of_those_kept")
def remove_inputs_12(U, b, removed, means):
    keep = ~removed
    return U[:, keep], b + U[:, keep] @ means[keep]


@handed_in("quartic_slope", "sign_lost")
def quartic_slope_11(w, eps):
    r = np.abs(w)
    inside = r * (3 * eps**2 - r**2) / (2 * eps**3)
    return np.where(r >= eps, 1.0, inside)


@handed_in("huber_prox", "border_at_eps")
def huber_prox_11(w, tau, eps):
    return np.where(np.abs(w) <= eps, w * eps / (eps + tau), w - tau * np.sign(w))


@handed_in("rests_at_zero", "largest_entry")
def rests_at_zero_11(gradient, strength):
    return np.abs(gradient).max(axis=0) <= strength


@handed_in("stage_backward", "tiled")
def stage_backward_11(d, conv, k):
    N, C, H, Wd = d.shape
    n, c, h, ww = conv.shape
    mean = conv.reshape(N, C, H, k, Wd, k).mean(axis=(3, 5))
    return np.tile(d * (mean > 0), (1, 1, k, k)) / k**2


@handed_in("two_cycle", "momentum_ignored")
def two_cycle_11(lr, strength, momentum, curvature):
    s = lr * strength / (1 - lr * curvature / 2)
    return (-s / 2, s / 2)


@handed_in("im2col", "channels_last")
def im2col_11(x, kh, kw):
    C, H, Wd = x.shape
    cols = []
    for i in range(H - kh + 1):
        for j in range(Wd - kw + 1):
            cols.append(x[:, i : i + kh, j : j + kw].transpose(1, 2, 0).ravel())
    return np.array(cols).T


@handed_in("conv2d_input_grad", "kernel_flipped")
def conv2d_input_grad_11(dy, kernel):
    N, M, r, c = dy.shape
    _, C, kh, kw = kernel.shape
    p = np.pad(dy, ((0, 0), (0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1)))
    dx = np.zeros((N, C, r + kh - 1, c + kw - 1))
    for i in range(r + kh - 1):
        for j in range(c + kw - 1):
            dx[:, :, i, j] = np.einsum("nmab,mcab->nc", p[:, :, i : i + kh, j : j + kw], kernel)
    return dx


@handed_in("sign_rank_p", "ranks_from_zero")
def sign_rank_p_11(a, b):
    d = a - b
    r = np.array([np.sum(np.abs(d) < abs(x)) + (np.sum(np.abs(d) == abs(x)) - 1) / 2 for x in d])
    t = abs((np.sign(d) * r).sum())
    s = [abs(np.dot(p, r)) for p in product((-1, 1), repeat=len(d))]
    return np.mean(np.array(s) >= t - 1e-9)


@handed_in("penalty_prox", "rows_for_columns")
def penalty_prox_11(U, tau):
    n = np.linalg.norm(U, axis=1, keepdims=True)
    return U * np.maximum(1 - tau / np.where(n > 0, n, 1), 0)


@handed_in("momentum_ramp", "switch_one_late")
def momentum_ramp_11(update, start, end, updates, shape):
    if shape == "step":
        return start if update <= updates else end
    if updates == 0:
        return end
    return start + (end - start) * min(update / updates, 1)


@handed_in("log_softmax", "shift_not_given_back")
def log_softmax_11(s):
    m = s.max(axis=1, keepdims=True)
    return s - np.log(np.exp(s - m).sum(axis=1, keepdims=True))


@handed_in("conv2d", "bias_more_than_once")
def conv2d_12(x, kernel, bias):
    N, C, H, W = x.shape
    M, _, kh, kw = kernel.shape
    y = np.zeros((N, M, H - kh + 1, W - kw + 1))
    for n in range(N):
        for m in range(M):
            for c in range(C):
                for i in range(H - kh + 1):
                    for j in range(W - kw + 1):
                        y[n, m, i, j] += np.sum(x[n, c, i : i + kh, j : j + kw] * kernel[m, c]) + bias[m]
    return y


@handed_in("conv2d_input_grad", "overwritten")
def conv2d_input_grad_12(dy, kernel):
    N, M, R, S = dy.shape
    _, C, kh, kw = kernel.shape
    dx = np.zeros((N, C, R + kh - 1, S + kw - 1))
    for i in range(R):
        for j in range(S):
            dx[:, :, i : i + kh, j : j + kw] = np.einsum("nm,mckl->nckl", dy[:, :, i, j], kernel)
    return dx


@handed_in("dense", "scores_transposed")
def dense_12(o, U, b):
    scores = U @ o.T
    return scores + b


@handed_in("cross_entropy", "clipped_logarithm")
def cross_entropy_12(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return -np.mean(np.log(p[np.arange(len(labels)), labels] + 1e-8))


@handed_in("log_cosh", "units_forgotten")
def log_cosh_12(w, eps):
    z = np.abs(w) / eps
    return z + np.log1p(np.exp(-2 * z)) - np.log(2)


@handed_in("gradient_error", "entry_by_entry")
def gradient_error_12(derived, differences):
    d = np.abs(derived - differences)
    s = np.maximum(np.abs(derived), np.abs(differences))
    return float(np.max(np.where(s > 0, d / np.where(s > 0, s, 1), 0)))


@handed_in("dead_nodes", "sum_of_absolute_values")
def dead_nodes_12(U, eps):
    lengths = np.abs(U).sum(axis=0)
    return lengths < eps


@handed_in("quartic_slope", "sign_lost")
def quartic_slope_12(w, eps):
    t = w / eps
    return np.where(np.abs(w) >= eps, 1.0, 1.5 * t - 0.5 * t**3)


@handed_in("training_step", "strength_ignored+sum_over_the_batch")
def training_step_12(U, V, o, labels, lr, momentum, strength, eps):
    s = o @ U.T
    e = np.exp(s - s.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    p[np.arange(len(labels)), labels] -= 1
    norms = np.linalg.norm(U, axis=0)
    g = p.T @ o + U / np.maximum(norms, eps)
    V = momentum * V - lr * g
    return U + V, V


@handed_in("holm", "maximum_in_the_order_given")
def holm_12(p_values):
    p = np.asarray(p_values, dtype=float)
    m = len(p)
    out = np.empty(m)
    for rank, i in enumerate(np.argsort(p)):
        out[i] = p[i] * (m - rank)
    return np.minimum(np.maximum.accumulate(out), 1)


@handed_in("sign_rank_p", "one_sided")
def sign_rank_p_12(a, b):
    d = np.asarray(a) - np.asarray(b)
    size = np.abs(d)
    ranks = np.array([np.mean([i + 1 for i, v in enumerate(np.sort(size)) if v == s]) for s in size])
    seen = np.sum(np.sign(d) * ranks)
    sums = [np.dot(signs, ranks) for signs in product([-1, 1], repeat=len(d))]
    return float(np.mean([s >= seen - 1e-9 for s in sums]))


@handed_in("conv2d", "places_exchanged")
def conv2d_13(x, kernel, bias):
    N, C, H, W = x.shape
    M, _, kh, kw = kernel.shape
    y = np.zeros((N, M, H - kh + 1, W - kw + 1))
    for i in range(H - kh + 1):
        for j in range(W - kw + 1):
            for m in range(M):
                y[:, m, i, j] = (x[:, :, j : j + kh, i : i + kw] * kernel[m]).sum(axis=(1, 2, 3)) + bias[m]
    return y


@handed_in("conv2d", "images_summed")
def conv2d_14(x, kernel, bias):
    N, C, H, W = x.shape
    M, _, kh, kw = kernel.shape
    y = np.zeros((N, M, H - kh + 1, W - kw + 1))
    for i in range(H - kh + 1):
        for j in range(W - kw + 1):
            for m in range(M):
                y[:, m, i, j] = np.sum(x[:, :, i : i + kh, j : j + kw] * kernel[m]) + bias[m]
    return y


@handed_in("avg_pool2d", "rounded")
def avg_pool2d_13(a, k):
    N, C, H, W = a.shape
    return a.reshape(N, C, H // k, k, W // k, k).sum(axis=(3, 5)) // (k * k)


@handed_in("softmax", "shift_too_small")
def softmax_13(s):
    z = np.exp(s - s.min(axis=1, keepdims=True))
    return z / z.sum(axis=1, keepdims=True)


@handed_in("cross_entropy", "off_by_a_factor")
def cross_entropy_13(logits, labels):
    z = logits - logits.max(axis=1, keepdims=True)
    logp = (z - np.log(np.exp(z).sum(axis=1, keepdims=True))) / np.log(2)
    return -np.mean(logp[np.arange(len(labels)), labels])


@handed_in("cross_entropy_backward", "predicted_class")
def cross_entropy_backward_13(logits, labels):
    z = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = z / z.sum(axis=1, keepdims=True)
    p[np.arange(len(labels)), p.argmax(axis=1)] -= 1
    return p / len(labels)


@handed_in("log_softmax", "shift_not_given_back")
def log_softmax_13(s):
    m = s.max(axis=1, keepdims=True)
    return s - m - np.log(np.exp(s).sum(axis=1, keepdims=True))


@handed_in("numerical_gradient", "step_of_another_size")
def numerical_gradient_13(f, w, step):
    g = np.zeros(w.shape)
    for i in np.ndindex(*w.shape):
        e = np.zeros(w.shape)
        e[i] = step / 2
        g[i] = (f(w + e) - f(w - e)) / step
    return g


@handed_in("huber", "hubers_loss")
def huber_13(r, eps):
    return np.where(r > eps, eps * (r - eps / 2), r**2 / 2)


@handed_in("log_cosh", "asymptote_only")
def log_cosh_13(w, eps):
    return np.abs(w) - eps * np.log(2)


@handed_in("heavy_ball_energy", "one_length_for_all")
def heavy_ball_energy_13(errors, path, lr, momentum):
    moves = np.vstack([np.zeros(path.shape[1]), path[1:] - path[:-1]])
    return errors + momentum / (2 * lr) * np.linalg.norm(moves) ** 2


@handed_in("holm", "one_factor_too_few")
def holm_13(p_values):
    m = len(p_values)
    order = np.argsort(p_values)
    out = np.zeros(m)
    running = 0
    for rank, i in enumerate(order, start=1):
        running = max(running, min(1, p_values[i] * (m - rank)))
        out[i] = running
    return out


@handed_in("remove_inputs", "set_to_zero")
def remove_inputs_13(U, b, removed, means):
    W = U.copy()
    W[:, removed] = 0
    return W, b + U[:, removed] @ means[removed]


@handed_in("quartic", "wrong_coefficient")
def quartic_13(r, eps):
    return np.where(r >= eps, r, -(r**4) / (8 * eps**3) + 3 * r**2 / (2 * eps) + 3 * eps / 8)


@handed_in("glorot_bound", "root_of_the_six_alone")
def glorot_bound_13(inputs, outputs, places):
    return math.sqrt(6) / ((inputs + outputs) * places)


@handed_in("rests_at_zero", "mean_for_length")
def rests_at_zero_13(gradient, strength):
    return np.abs(gradient).mean(axis=0) <= strength


@handed_in("sign_rank_p", "size_of_the_sum_forgotten")
def sign_rank_p_13(a, b):
    d = a - b
    ranks = np.array([np.mean(np.flatnonzero(np.sort(np.abs(d)) == v)) + 1 for v in np.abs(d)])
    w = np.sum(np.sign(d) * ranks)
    total = [abs(np.sum(np.array(s) * ranks)) for s in product((1, -1), repeat=len(d))]
    return float(np.mean(np.array(total) >= w))


@handed_in("conv2d", "partly_zero")
def conv2d_15(x, kernel, bias):
    N, C, H, W = x.shape
    M, _, a, b = kernel.shape
    out = np.zeros((N, M, H - a + 1, W - b + 1))
    for m in range(M):
        for i in range(H - a + 1):
            for j in range(W - b + 1):
                out[:, m, i, j] = np.sum(x[:, :, i : i + a, j : j + b] * kernel[m], axis=(1, 2, 3)) + bias[m]
        return out


@handed_in("conv2d_bias_grad", "everything_summed")
def conv2d_bias_grad_15(dy):
    return np.full(dy.shape[1], dy.sum())


@handed_in("huber_slope", "units_forgotten")
def huber_slope_15(w, eps):
    return np.where(np.abs(w) <= eps, w, np.sign(w))


@handed_in("training_step", "error_pushes")
def training_step_15(U, V, o, labels, lr, momentum, strength, eps):
    s = o @ U.T
    e = np.exp(s - s.max(1, keepdims=True))
    p = e / e.sum(1, keepdims=True)
    g = (np.eye(len(U))[labels] - p).T @ o / len(o)
    r = np.linalg.norm(U, axis=0)
    g = g + strength * U / np.maximum(r, eps)
    V = momentum * V - lr * g
    return U + V, V


@handed_in("momentum_ramp", "never_stops")
def momentum_ramp_15(update, start, end, updates, shape):
    if updates == 0:
        return end
    if shape == "step":
        return end if update >= updates else start
    return start + (end - start) * update / updates


@handed_in("conv2d_input_grad", "kernel_flipped")
def conv2d_input_grad_16(dy, kernel):
    N, M, r, s = dy.shape
    _, C, kh, kw = kernel.shape
    k = kernel[:, :, ::-1, :]
    p = np.pad(dy, ((0, 0), (0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1)))
    out = np.zeros((N, C, r + kh - 1, s + kw - 1))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            out[:, :, i, j] = np.einsum("fcml,nfml->nc", k, p[:, :, i : i + kh, j : j + kw])
    return out


@handed_in("training_step", "looked_ahead")
def training_step_16(U, V, o, labels, lr, momentum, strength, eps):
    A = U + momentum * V
    e = np.exp(o @ A.T)
    p = e / e.sum(1, keepdims=True)
    p[np.arange(len(labels)), labels] -= 1
    g = p.T @ o / len(labels) + strength * A / np.maximum(np.linalg.norm(A, axis=0), eps)
    V = momentum * V - lr * g
    return U + V, V


@handed_in("dense", "bias_twice")
def dense_16(o, U, b):
    scores = o @ U.T + b
    return scores + b


@handed_in("huber_slope", "cut_off_on_one_side")
def huber_slope_16(w, eps):
    return np.minimum(w / eps, 1)


@pytest.mark.parametrize(("exercise", "mistake", "function"), HANDED_IN)
def test_a_mistake_in_another_hand_is_named(exercise, mistake, function):
    verdict = course.check(exercise, function)
    assert set((verdict.mistake or "").split("+")) == set(mistake.split("+")), verdict
    assert not verdict.passed


def test_there_are_enough_hands():
    assert len(HANDED_IN) >= 40
