"""What `bench_inpaint.py` is made of: photos with known answers, peers, metrics, tables."""
