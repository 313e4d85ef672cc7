"""The product beside its peers: ``python -m benchmarks.peers``, one module for each of them."""
