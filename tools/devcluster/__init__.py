"""A real Kubernetes cluster from ordinary package registries, with the standard library only."""
