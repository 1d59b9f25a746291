"""The ground under everything: the store (named queries), migrations, the embedded PostgreSQL."""
