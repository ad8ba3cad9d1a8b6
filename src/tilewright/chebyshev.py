"""Polynomials through Chebyshev points: known at few places, good at all between.

Places run from 0 to 1, both ends included.
"""

from functools import lru_cache

import numpy as np

from tilewright.coordinates import Doubles


@lru_cache(maxsize=16)
def _points(degree: int) -> tuple[Doubles, Doubles]:
    """Return the nodes of a degree from 0 to 1, both ends included, and places between them."""
    nodes = (1 - np.cos(np.pi * np.arange(degree + 1) / degree)) / 2
    between = (1 - np.cos(np.pi * (np.arange(degree) + 0.5) / degree)) / 2
    return nodes, between


@lru_cache(maxsize=16)
def looked_at(degree: int) -> tuple[Doubles, Doubles]:
    """Return where a function of two is asked: all pairs of nodes, then of places between."""
    nodes, between = _points(degree)
    u = np.concatenate([np.tile(nodes, degree + 1), np.tile(between, degree)])
    v = np.concatenate([np.repeat(nodes, degree + 1), np.repeat(between, degree)])
    return u, v


@lru_cache(maxsize=16)
def plane_fit(degree: int) -> tuple[Doubles, Doubles]:
    """Return the basis 1, u, v at all looked-at places, and what fits a plane through them."""
    u, v = looked_at(degree)
    basis = np.stack([np.ones_like(u), u, v], axis=-1)
    return basis, np.linalg.pinv(basis)


def _interpolation(degree: int, at: Doubles) -> Doubles:
    """Return the weights of the nodes at places from 0 to 1 (barycentric formula)."""
    nodes, _ = _points(degree)
    signs = (-1.0) ** np.arange(degree + 1)
    signs[[0, -1]] /= 2
    away = at[:, np.newaxis] - nodes
    hit = np.abs(away) < 1e-14  # noqa: PLR2004
    weights = signs / np.where(hit, 1.0, away)
    weights /= weights.sum(1, keepdims=True)
    weights[hit.any(1)] = hit[hit.any(1)]
    return weights


@lru_cache(maxsize=16)
def between_weights(degree: int) -> Doubles:
    """Return the weights of the nodes, shape (between, node), at the places between them."""
    return _interpolation(degree, _points(degree)[1])


@lru_cache(maxsize=256)
def node_weights(degree: int, start: int, count: int, whole: int) -> Doubles:
    """Return the weights of the nodes, shape (pixel, node), at the centres of pixels.

    These are ``count`` pixels from ``start`` of the ``whole`` that 0 to 1 spans.
    """
    return _interpolation(degree, (np.arange(start, start + count) + 0.5) / whole)
