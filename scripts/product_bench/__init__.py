"""What `scripts/bench_product.py` measures beside the files themselves."""
