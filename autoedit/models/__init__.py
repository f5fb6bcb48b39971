"""Weights and the machine: what there is, where it lies, and what it runs on.

`store` finds weights on the disk and `download` fetches them, `catalogue` says what is known of
them; `device` chooses the chip and the number format, `memory` what fits. Nothing here imports
torch or huggingface_hub until a function needs it.
"""
