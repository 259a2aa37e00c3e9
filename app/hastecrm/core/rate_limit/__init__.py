"""How many requests each client may send: counted in Redis for all processes, or in memory without it."""
