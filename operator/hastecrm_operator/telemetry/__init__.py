"""What the operator tells about itself: metrics, logs, probes. Knows nothing of reconciling."""
