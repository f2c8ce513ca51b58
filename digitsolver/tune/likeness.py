"""Tell quickly how well crops of digits can be read: one layer of filters, then a closed form."""

import cv2
import numpy as np
from numpy.typing import NDArray

Crops = NDArray[np.uint8]
Features = NDArray[np.float32]

SIZE = (24, 20)
"""Height and width that crops are scaled to."""
FILTERS = 64
PATCH = 6
"""Side of a filter, in pixels."""
CELLS = 4
"""A filter's answers are summed up over this many parts of the height, and of the width."""

_STEP = 2  # pixels from patch to patch
_DRAWN = 4000  # patches that the filters are learned from
_ROUNDS = 8
_ZERO = 0.5  # likeness to a filter that counts nothing
_RIDGE = 1e-2
_FLOOR = 1e-2  # contrast, as variance, that is not amplified
_WHITE = 0.1
_AT_ONCE = 256


def features(crops: Crops, seed: int = 0) -> Features:
    """Return what filters learned from the crops answer to them: float32 (n, d).

    `crops` are uint8 (n, height, width). The filters are the centroids of whitened patches; what
    they answer is summed up in `CELLS` x `CELLS` parts of the crop, so that a shift by a pixel
    matters little, as in a convolutional network. (A. Coates, A. Ng and H. Lee, "An analysis of
    single-layer networks in unsupervised feature learning", 2011.)
    """
    height, width = SIZE
    size = (width, height)
    small = [cv2.resize(crop, size, interpolation=cv2.INTER_AREA) for crop in crops]
    ink = np.asarray(1 - np.stack(small) / np.float32(255), np.float32)
    every = np.lib.stride_tricks.sliding_window_view(ink, (PATCH, PATCH), axis=(1, 2))
    views = every[:, ::_STEP, ::_STEP]
    rows, columns = views.shape[1:3]
    patches = views.reshape(-1, PATCH * PATCH)
    rng = np.random.default_rng(seed)
    some = _even(patches[rng.integers(0, len(patches), _DRAWN)])
    middle, whiten = _whitening(some)
    filters = _filters(np.asarray((some - middle) @ whiten, np.float32), rng)
    change, offset = whiten @ filters.T, middle @ whiten @ filters.T
    edges = [np.linspace(0, side, CELLS + 1).astype(int)[:-1] for side in (rows, columns)]
    parts = []
    for start in range(0, len(crops), _AT_ONCE):
        block = views[start : start + _AT_ONCE]
        answers = np.maximum(_even(block.reshape(-1, PATCH * PATCH)) @ change - offset - _ZERO, 0)
        answers = answers.reshape(len(block), rows, columns, FILTERS)
        pooled = np.add.reduceat(np.add.reduceat(answers, edges[0], axis=1), edges[1], axis=2)
        parts.append(pooled.reshape(len(block), -1))
    return np.concatenate(parts)


def margins(
    found: Features, labels: NDArray[np.str_], captchas: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return for each crop by how much its digit leads, told from all other captchas.

    The lead, (n,), is the digit's score less the best one of the others: positive where the crop
    is told right, about 2 where there is no doubt; 1 where there is one digit only.

    `found` (n, d), `labels` (n,) and `captchas` (n,), the number of each crop's captcha, 0 to
    the last. Kernel ridge regression on +1 for the digit and -1 for the others; leaving a
    captcha out needs no other fit, only a part of the one inverse. (Left out in closed form: S.
    An, W. Liu and S. Venkatesh, "Fast cross-validation algorithms for least squares support
    vector machine and kernel ridge regression", 2007.)
    """
    classes, numbers = np.unique(labels, return_inverse=True)
    target = np.where(numbers[:, None] == np.arange(len(classes)), 1.0, -1.0)
    inverse = np.linalg.inv(_kernel(found) + _RIDGE * np.eye(len(found)))
    weights = inverse @ target
    scores = np.empty_like(target)
    order = np.argsort(captchas, kind="stable")
    for own in np.split(order, np.flatnonzero(np.diff(captchas[order])) + 1):
        without = np.linalg.solve(inverse[np.ix_(own, own)], weights[own])
        scores[own] = target[own] - without
    every = np.arange(len(numbers))
    written = scores[every, numbers]
    others = scores.copy()
    others[every, numbers] = -np.inf
    lead = written - others.max(axis=1) if len(classes) > 1 else np.ones(len(numbers))
    return np.asarray(lead, np.float64)


def _kernel(found: Features) -> NDArray[np.float64]:
    """Return how alike the crops are: 1 where equal, exp(-2) on average."""
    centred = found - found.mean(axis=0)
    products = (centred @ centred.T).astype(np.float64)
    squares = np.diag(products)
    distances = np.maximum(squares[:, None] + squares - 2 * products, 0)
    return np.asarray(np.exp(-distances / max(float(squares.mean()), 1e-9)))


def _even(patches: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the patches with mean 0 and, where there is contrast, variance 1."""
    centred = patches - patches.mean(axis=1, keepdims=True)
    variance = np.einsum("ij,ij->i", centred, centred)[:, None] / PATCH**2
    return np.asarray(centred / np.sqrt(variance + _FLOOR), np.float32)


def _whitening(patches: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the patches' mean, and the matrix that takes away what all have in common."""
    values, vectors = np.linalg.eigh(np.cov(patches.T))
    whiten = (vectors / np.sqrt(np.maximum(values, 0) + _WHITE)) @ vectors.T
    return patches.mean(axis=0), whiten.astype(np.float32)


def _filters(patches: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return the centroids of the patches' directions, (`FILTERS`, d), each of length 1."""
    centroids = _unit(patches[rng.integers(0, len(patches), FILTERS)])
    for _ in range(_ROUNDS):
        likeness = patches @ centroids.T
        nearest = likeness.argmax(axis=1)
        share = np.zeros_like(likeness)
        every = np.arange(len(patches))
        share[every, nearest] = likeness[every, nearest]
        moved = share.T @ patches
        held = np.square(moved).sum(axis=1, keepdims=True) > 1e-9
        centroids = np.where(held, _unit(moved), centroids)
    return centroids


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    length = np.sqrt(np.square(rows).sum(axis=1, keepdims=True))
    return np.asarray(rows / np.maximum(length, 1e-9), np.float32)
