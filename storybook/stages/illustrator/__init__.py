"""Illustrators paint one page each: the embedded `painter`, or engines that lead to models."""
