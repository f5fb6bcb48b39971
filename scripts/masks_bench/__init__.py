"""Parts of the measurement of masks, one module for each kind."""
