include "all.pxi"  # compiled for one instruction set: see _isa.py
