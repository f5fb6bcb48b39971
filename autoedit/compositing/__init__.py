"""Compositing: cut windows, paste fills back, set subjects on backdrops, recolour, obscure."""
