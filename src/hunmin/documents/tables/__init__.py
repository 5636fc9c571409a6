"""Ruled tables: found in the picture by their rules, filled with the lines that stand in their cells."""
