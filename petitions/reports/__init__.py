"""Reports: what anybody finds wrong with a name, a comment, an endorsement or a statement, and the reply."""
