"""Passages in, ranked hits out. Knows no files and no chat."""
