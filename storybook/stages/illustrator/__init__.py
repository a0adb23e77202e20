"""Illustrators that lead to models. The `painter`, which needs none, is the house's neighbour."""
