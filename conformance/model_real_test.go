package conformance

import (
	"context"

	"sigs.k8s.io/external-dns/endpoint"
	"sigs.k8s.io/external-dns/registry"
)

// noting notes what a registry makes of the records, before the plan sorts them.
type noting struct {
	registry.Registry
	current []*endpoint.Endpoint
}

func (n *noting) Records(ctx context.Context) ([]*endpoint.Endpoint, error) {
	current, err := n.Registry.Records(ctx)
	n.current = copyRecords(current)
	return current, err
}

// fixed is a source that always offers the same records.
type fixed []*endpoint.Endpoint

func (f fixed) Endpoints(context.Context) ([]*endpoint.Endpoint, error) { return f, nil }

func (fixed) AddEventHandler(context.Context, func()) {}
