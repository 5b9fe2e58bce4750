"""Principal directions of a small symmetric matrix, by Jacobi rotations (Golub and Van Loan 2013, 8.5)."""

from math import sqrt

from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import leaf_kernel

_SWEEPS = 12
_SMALL = 1e-24


@leaf_kernel
def decompose(matrix: Floats, at: int, size: int, memory: Floats, vectors: int, values: int) -> None:
    """Eigenvalues, falling, and their unit vectors, one after another, written into ``memory``.

    The matrix stands in ``matrix`` from ``at``, row by row, and is destroyed. ``vectors`` and ``values``:
    where they go.
    """
    for i in range(size):
        for j in range(size):
            memory[vectors + size * i + j] = 1.0 if i == j else 0.0
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
                _rotate(matrix, at, size, memory, vectors, p, q)
    for i in range(size):
        memory[values + i] = matrix[at + size * i + i]
    _sort(size, memory, vectors, values)


@leaf_kernel
def _rotate(matrix: Floats, at: int, size: int, memory: Floats, vectors: int, p: int, q: int) -> None:
    """Make the element (p, q) zero; the rows of ``vectors`` turn along."""
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
        a, b = memory[vectors + size * p + k], memory[vectors + size * q + k]
        memory[vectors + size * p + k], memory[vectors + size * q + k] = c * a - s * b, s * a + c * b


@leaf_kernel
def _sort(size: int, memory: Floats, vectors: int, values: int) -> None:
    """Largest value first; selection sort, its vectors along."""
    for i in range(size):
        best = i
        for j in range(i + 1, size):
            if memory[values + j] > memory[values + best]:
                best = j
        if best != i:
            memory[values + i], memory[values + best] = memory[values + best], memory[values + i]
            for k in range(size):
                one, other = vectors + size * i + k, vectors + size * best + k
                memory[one], memory[other] = memory[other], memory[one]
