"""What only the command line reads."""

from hastecrm_operator.engine.kinds import Kind

NAMESPACE = Kind("", "v1", "namespaces", "Namespace", namespaced=False)
