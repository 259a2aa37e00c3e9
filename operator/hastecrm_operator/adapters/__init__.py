"""The outside world behind the engine's protocols: the Kubernetes API and the ways to sign in to it."""
