"""How the reranker, the fusion and the reader are trained from a user's own data."""
