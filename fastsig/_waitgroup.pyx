"""The threads that help one caller of ``threaded``: what takes more than Python to be sure of."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.pythread cimport (
    WAIT_LOCK, PyThread_acquire_lock, PyThread_allocate_lock, PyThread_free_lock, PyThread_release_lock,
    PyThread_type_lock,
)

from fastsig._fenv cimport fegetenv, fenv_t, fesetenv


cdef class WaitGroup:
    """Made by the caller; a thread enters it, works, and leaves, and the caller closes it.

    Who has entered computes in the floating-point environment of the caller, so that each part of the work has the
    bits that it has there. Who comes after the closing is turned away, and the closing returns when all have left: it
    waits without looking for signals, since Ctrl-C must not end a call whose threads still write to its arrays.
    """

    cdef PyThread_type_lock counting  # guards the two below, for as long as it takes to change them
    cdef Py_ssize_t inside
    cdef bint closed
    cdef PyThread_type_lock occupied  # held while any thread is inside
    cdef fenv_t environment

    def __cinit__(self):
        self.counting = PyThread_allocate_lock()
        self.occupied = PyThread_allocate_lock()
        if self.counting == NULL or self.occupied == NULL:
            raise MemoryError
        fegetenv(&self.environment)

    def __dealloc__(self):
        if self.counting != NULL:
            PyThread_free_lock(self.counting)
        if self.occupied != NULL:
            PyThread_free_lock(self.occupied)

    def enter(self):
        """Return the thread's own environment, which `leave` wants back, or None where the group is closed."""
        cdef bytes own = PyBytes_FromStringAndSize(NULL, sizeof(fenv_t))
        cdef bint closed
        PyThread_acquire_lock(self.counting, WAIT_LOCK)
        closed = self.closed
        if not closed:
            if self.inside == 0:
                PyThread_acquire_lock(self.occupied, WAIT_LOCK)
            self.inside += 1
        PyThread_release_lock(self.counting)
        if closed:
            return None
        fegetenv(<fenv_t *> PyBytes_AS_STRING(own))
        fesetenv(&self.environment)
        return own

    def leave(self, bytes own not None):
        """Put the thread's own environment back, and let the caller go on after the last."""
        fesetenv(<const fenv_t *> PyBytes_AS_STRING(own))
        PyThread_acquire_lock(self.counting, WAIT_LOCK)
        self.inside -= 1
        if self.inside == 0:
            PyThread_release_lock(self.occupied)
        PyThread_release_lock(self.counting)

    def close(self):
        """Let nobody enter any more, and return when all who did have left."""
        PyThread_acquire_lock(self.counting, WAIT_LOCK)
        self.closed = True
        PyThread_release_lock(self.counting)
        with nogil:
            PyThread_acquire_lock(self.occupied, WAIT_LOCK)
        PyThread_release_lock(self.occupied)
