"""Build scores, which finds the declarations of fastsig where that is installed, and calls it when it runs."""

from Cython.Build import cythonize
from setuptools import Extension, setup

OPENMP = ["-fopenmp"]

setup(ext_modules=cythonize([Extension("scores", ["scores.pyx"], extra_compile_args=OPENMP, extra_link_args=OPENMP)]))
