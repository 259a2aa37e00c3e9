// Package foreigncrds names the Go types that definitions of other products are generated from.
package foreigncrds

import (
	_ "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	_ "sigs.k8s.io/gateway-api/apis/v1"
)
