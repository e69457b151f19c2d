"""How the reranker, the fusion and the answerability model are trained from a user's own data."""
