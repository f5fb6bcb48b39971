<<<<<<< ours
"""Parts of the measurement of masks, one module for each kind."""
=======
"""The parts of bench_masks.py: phrases with known answers, measures, sets, tables and sheets."""
>>>>>>> theirs
