"""The parts of bench_masks.py: phrases with known answers, measures, sets, tables and sheets."""
