"""The values that travel through the chain, and the photo files they come from and go to."""
