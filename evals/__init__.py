"""Measures; never imported by the other packages."""
