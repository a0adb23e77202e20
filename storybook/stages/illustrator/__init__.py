"""Illustrators that lead to models. The `painter`, which needs none, is a neighbour of the house."""
