"""How well subjects are cut out: rendered ones with exact alpha, measures, methods, cost."""
