"""The public door, where the features meet on one page: home, a campaign, a statement with its form."""
