"""Is imported while somebody watches the collector."""

found = {"a": [1]}
