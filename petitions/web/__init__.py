"""The web service: pages, failures, the guard in front of every request. It knows no room."""
