"""Eigenvectors of a small symmetric matrix, by Jacobi rotations (Golub and Van Loan 2013, 8.5)."""

from math import sqrt

from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import leaf_kernel

_SWEEPS = 12
_SMALL = 1e-24


@leaf_kernel
def decompose(matrix: Floats, at: int, size: int, state: Floats, vectors: int, values: int) -> None:
    """Write the eigenvalues in falling order, and their unit eigenvectors, into ``state``.

    The matrix begins at ``matrix[at]``, row by row, and is overwritten. The eigenvectors begin at
    ``state[vectors]``, one after another, the eigenvalues at ``state[values]``.
    """
    for i in range(size):
        for j in range(size):
            state[vectors + size * i + j] = 1.0 if i == j else 0.0
    for _ in range(_SWEEPS):
        off, total = 0.0, 0.0
        for i in range(size):
            for j in range(size):
                square = matrix[at + size * i + j] * matrix[at + size * i + j]
                total += square
                off += square if i != j else 0.0
        if off <= _SMALL * total:
            break
        for p in range(size):
            for q in range(p + 1, size):
                _rotate(matrix, at, size, state, vectors, p, q)
    for i in range(size):
        state[values + i] = matrix[at + size * i + i]
    _sort(size, state, vectors, values)


@leaf_kernel
def _rotate(matrix: Floats, at: int, size: int, state: Floats, vectors: int, p: int, q: int) -> None:
    """Rotate so that the element (p, q) becomes 0, and the rows of ``vectors`` with it."""
    element = matrix[at + size * p + q]
    if element == 0.0:
        return
    theta = (matrix[at + size * q + q] - matrix[at + size * p + p]) / (2.0 * element)
    t = (1.0 if theta >= 0.0 else -1.0) / (abs(theta) + sqrt(theta * theta + 1.0))
    c = 1.0 / sqrt(t * t + 1.0)
    s = t * c
    for k in range(size):
        a, b = matrix[at + size * k + p], matrix[at + size * k + q]
        matrix[at + size * k + p], matrix[at + size * k + q] = c * a - s * b, s * a + c * b
    for k in range(size):
        a, b = matrix[at + size * p + k], matrix[at + size * q + k]
        matrix[at + size * p + k], matrix[at + size * q + k] = c * a - s * b, s * a + c * b
        a, b = state[vectors + size * p + k], state[vectors + size * q + k]
        state[vectors + size * p + k], state[vectors + size * q + k] = c * a - s * b, s * a + c * b


@leaf_kernel
def _sort(size: int, state: Floats, vectors: int, values: int) -> None:
    """Sort by eigenvalue, the largest first (selection sort)."""
    for i in range(size):
        best = i
        for j in range(i + 1, size):
            if state[values + j] > state[values + best]:
                best = j
        if best != i:
            state[values + i], state[values + best] = state[values + best], state[values + i]
            for k in range(size):
                one, other = vectors + size * i + k, vectors + size * best + k
                state[one], state[other] = state[other], state[one]
