"""`kubectl hastecrm`: what people type. It talks to the API server only, never to the operator."""
