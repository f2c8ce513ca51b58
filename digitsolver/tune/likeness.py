"""Tell quickly how well crops of digits can be read: one layer of filters, then kernel ridge."""

import warnings

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
"""Responses of a filter are summed over this many parts of the height, and of the width."""
FOLDS = 5
"""Folds of the cross-validation; ten found the same styles, and took a third longer."""

_STRIDE = 2  # pixels from patch to patch
_SAMPLED = 4000  # patches that the filters are learned from
_COMPONENTS = 12  # principal components of patches, as whitened
_ROUNDS = 20
_THRESHOLD = 0.5  # responses below it count nothing
_RIDGE = 1e-2
_FLOOR = 1e-2  # contrast, as variance, that is not amplified
_AT_ONCE = 256


def features(crops: Crops, seed: int = 0) -> Features:
    """Return the pooled responses of filters that are learned from the crops.

    The filters are the directions of centroids (k-means) of whitened patches. Pooling makes a
    shift by a pixel matter little, as in a convolutional network.

    Parameters
    ----------
    crops
        uint8 (n, height, width), dark on white.
    seed
        Draws the patches and starts k-means.

    Returns
    -------
    Features
        float32 (n, d).

    References
    ----------
    A. Coates, A. Ng and H. Lee, "An analysis of single-layer networks in unsupervised feature
    learning", 2011.

    Examples
    --------
    >>> features(np.eye(20, dtype=np.uint8)[None] * 255).shape
    (1, 1024)
    """
    height, width = SIZE
    small = [cv2.resize(crop, (width, height), interpolation=cv2.INTER_AREA) for crop in crops]
    ink = np.asarray(1 - np.stack(small) / np.float32(255), np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(ink, (PATCH, PATCH), axis=(1, 2))
    windows = windows[:, ::_STRIDE, ::_STRIDE]
    rows, columns = windows.shape[1:3]
    patches = windows.reshape(-1, PATCH * PATCH)
    sampled = np.random.default_rng(seed).integers(0, len(patches), _SAMPLED)
    filters, offset = _filters(_normalised(patches[sampled]), seed)
    edges = [np.linspace(0, side, CELLS + 1).astype(int)[:-1] for side in (rows, columns)]
    parts = []
    for start in range(0, len(crops), _AT_ONCE):
        block = windows[start : start + _AT_ONCE]
        responses = _normalised(block.reshape(-1, PATCH * PATCH)) @ filters - offset
        responses = np.maximum(responses - _THRESHOLD, 0).reshape(len(block), rows, columns, -1)
        pooled = np.add.reduceat(np.add.reduceat(responses, edges[0], axis=1), edges[1], axis=2)
        parts.append(pooled.reshape(len(block), -1))
    return np.concatenate(parts)


def margins(
    found: Features, labels: NDArray[np.str_], captchas: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return by how much each crop's label leads when a classifier learns from other captchas.

    Kernel ridge regression on +1 for the label's class and -1 for the others, cross-validated
    with all crops of a captcha in one fold.

    Parameters
    ----------
    found
        Features, (n, d).
    labels
        The digit of each crop, (n,).
    captchas
        The captcha that each crop is of, (n,); two different ones at least.

    Returns
    -------
    NDArray[np.float64]
        The score of the label less the best one of the others, (n,): positive where the crop is
        classified right, about 2 where there is no doubt; 1 where there is one class only.
    """
    from sklearn.kernel_ridge import KernelRidge
    from sklearn.metrics.pairwise import rbf_kernel
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from threadpoolctl import threadpool_limits

    classes, numbers = np.unique(labels, return_inverse=True)
    if len(classes) == 1:
        return np.ones(len(labels))
    spread = float(found.var(axis=0).sum())
    kernel = rbf_kernel(found, gamma=1 / max(spread, 1e-9)).astype(np.float64)
    own = numbers[:, None] == np.arange(len(classes))
    folds = GroupKFold(min(FOLDS, len(np.unique(captchas))), shuffle=True, random_state=0)
    ridge = KernelRidge(alpha=_RIDGE, kernel="precomputed")
    with threadpool_limits(1):
        scores = cross_val_predict(
            ridge, kernel, np.where(own, 1.0, -1.0), groups=captchas, cv=folds
        )
    lead = scores[own] - np.where(own, -np.inf, scores).max(axis=1)
    return np.asarray(lead, np.float64)


def _normalised(patches: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the patches with mean 0 and, where there is contrast, variance 1."""
    centred = patches - patches.mean(axis=1, keepdims=True)
    variance = np.einsum("ij,ij->i", centred, centred)[:, None] / PATCH**2
    return np.asarray(centred / np.sqrt(variance + _FLOOR), np.float32)


def _filters(
    patches: NDArray[np.float32], seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return filters (patch, `FILTERS`) that whiten as well, and the responses of the mean."""
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.preprocessing import normalize
    from threadpoolctl import threadpool_limits

    if not patches.any():  # blank crops have no components
        size = patches.shape[1]
        return np.zeros((size, FILTERS), np.float32), np.zeros(FILTERS, np.float32)
    pca = PCA(_COMPONENTS, whiten=True, svd_solver="covariance_eigh")
    means = KMeans(FILTERS, init="random", n_init=1, max_iter=_ROUNDS, tol=0, random_state=seed)
    # Threads that spin while they wait take five times as long on two busy cores.
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer different patches than filters
        means.fit(pca.fit_transform(patches))
    whiten = pca.components_.T / np.sqrt(pca.explained_variance_)
    filters = np.asarray(whiten @ normalize(means.cluster_centers_).T, np.float32)
    return filters, np.asarray(pca.mean_ @ filters, np.float32)
