"""GraphQL over HTTP: limits before anything runs, the errors and rights of REST, a log line an operation."""
