"""A question in, a cited answer out; everything people touch."""
