"""The kernels: one module for each instruction set, all compiled from the same sources."""
