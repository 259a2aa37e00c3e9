"""Whether a release is healthy, judged from what its pods measure and from journeys through them."""
