"""The threads that help one caller of ``threaded``: compiled, because Python may be interrupted between any two lines.

Ctrl-C, an exception that another thread has sent, a debugger: none of them can interrupt the code here, so that a
thread that has entered always leaves, and the caller always waits for it.
"""

from cpython.pythread cimport (
    WAIT_LOCK, PyThread_acquire_lock, PyThread_allocate_lock, PyThread_free_lock, PyThread_release_lock,
    PyThread_type_lock,
)

from fastsig._fenv cimport fegetenv, fenv_t, fesetenv

cdef extern from *:
    """
    #ifdef _WIN32
    #include <process.h>
    #define fastsig_getpid _getpid
    #else
    #include <unistd.h>
    #define fastsig_getpid getpid
    #endif
    """
    int getpid "fastsig_getpid"() noexcept nogil


cdef class WaitGroup:
    """Made by the caller, who leads; other threads help.

    A thread that helps computes in the floating-point environment of the caller, so that each part of the work has the
    bits that it has there. A thread that comes when the caller is done is turned away, and the caller goes on when all
    others have left: it waits without looking for signals, since Ctrl-C must not end a call whose threads still write
    to its arrays.
    """

    cdef PyThread_type_lock counting  # guards the three below, for as long as it takes to change them
    cdef Py_ssize_t inside
    cdef bint over  # no thread may enter, and those inside stop after their part
    cdef object failure  # the first of a thread that helped
    cdef PyThread_type_lock occupied  # held while any thread is inside
    cdef fenv_t environment
    cdef int process

    def __cinit__(self):
        self.counting = PyThread_allocate_lock()
        self.occupied = PyThread_allocate_lock()
        if self.counting == NULL or self.occupied == NULL:
            raise MemoryError
        self.process = getpid()
        fegetenv(&self.environment)

    def __dealloc__(self):
        if self.counting != NULL:
            PyThread_free_lock(self.counting)
        if self.occupied != NULL:
            PyThread_free_lock(self.occupied)

    @property
    def closed(self):
        """Whether those inside are to stop after their part."""
        cdef bint over
        if getpid() != self.process:  # in the child of a fork a thread that is not there may hold the lock
            return self.over
        PyThread_acquire_lock(self.counting, WAIT_LOCK)
        over = self.over
        PyThread_release_lock(self.counting)
        return over

    def help(self, work):
        """Call a function, unless the group is closed; an exception closes the group, and the caller raises it."""
        cdef fenv_t own
        cdef object failure = None
        if not self.enter():
            return
        fegetenv(&own)
        fesetenv(&self.environment)
        try:
            work()
        except BaseException as raised:
            failure = raised
        finally:
            fesetenv(&own)
            self.leave(failure)

    def lead(self, work):
        """Call a function, close the group, and return when all helpers have left, whatever the function raises.

        Raises
        ------
        RuntimeError
            In the child of a fork that came while threads helped: what they had begun is not finished there.
        """
        try:
            work()
        finally:
            self.close()
            # The failure is not kept: the frames of an exception hold the group, and so the arrays.
            failure, self.failure = self.failure, None
        if failure is not None:
            raise failure
        if self.inside:
            raise RuntimeError("this process was forked while other threads computed: what they had begun is not done")

    cdef bint enter(self) noexcept:
        cdef bint entered
        PyThread_acquire_lock(self.counting, WAIT_LOCK)
        entered = not self.over
        if entered:
            if self.inside == 0:
                PyThread_acquire_lock(self.occupied, WAIT_LOCK)
            self.inside += 1
        PyThread_release_lock(self.counting)
        return entered

    cdef void leave(self, object failure) noexcept:
        PyThread_acquire_lock(self.counting, WAIT_LOCK)
        if failure is not None:
            self.over = True
            if self.failure is None:
                self.failure = failure
        self.inside -= 1
        if self.inside == 0:
            PyThread_release_lock(self.occupied)
        PyThread_release_lock(self.counting)

    cdef void close(self) noexcept:
        if getpid() != self.process:  # a fork leaves its child no other thread to wait for
            return
        PyThread_acquire_lock(self.counting, WAIT_LOCK)
        self.over = True
        PyThread_release_lock(self.counting)
        with nogil:
            PyThread_acquire_lock(self.occupied, WAIT_LOCK)
        PyThread_release_lock(self.occupied)
