"""What PyInstaller has to know: compiled modules import others out of its sight, and kernels are imported by name."""

from PyInstaller.utils.hooks import collect_data_files, collect_submodules

# Modules that would bring SciPy or Numba along are left out: PyInstaller finds them where a program imports them.
LEFT_OUT = ("fastsig.__main__", "fastsig._numba", "fastsig._pyinstaller", "fastsig._report")

hiddenimports = collect_submodules("fastsig", filter=lambda name: not name.startswith(LEFT_OUT))
datas = collect_data_files("fastsig", includes=["kernels/functions/*.pxi"])  # from which the report reads the bounds
