"""How the network of `autoedit.core.dense_prediction` is made."""
