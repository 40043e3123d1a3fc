"""What PyInstaller has to know: compiled modules import others unseen, and kernels are imported by name."""

from PyInstaller.utils.hooks import collect_data_files, collect_submodules

# What would bring SciPy or Numba along is left out; who imports it has PyInstaller find it.
LEFT_OUT = ("fastsig.__main__", "fastsig._numba", "fastsig._pyinstaller", "fastsig._report")

hiddenimports = collect_submodules("fastsig", filter=lambda name: not name.startswith(LEFT_OUT))
datas = collect_data_files("fastsig", includes=["kernels/functions/*.pxi"])  # from which the report reads the bounds
