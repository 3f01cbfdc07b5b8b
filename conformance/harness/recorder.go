package harness

import (
	"context"

	"sigs.k8s.io/external-dns/endpoint"
	"sigs.k8s.io/external-dns/plan"
	"sigs.k8s.io/external-dns/provider"
	"sigs.k8s.io/external-dns/registry"
)

// providerRecorder stands between the real registry and the real webhook client
// and notes what passes. It changes nothing.
type providerRecorder struct {
	provider.Provider
	records []*endpoint.Endpoint
	sent    *plan.Changes
}

func (r *providerRecorder) Records(ctx context.Context) ([]*endpoint.Endpoint, error) {
	records, err := r.Provider.Records(ctx)
	r.records = deepCopy(records)
	return records, err
}

func (r *providerRecorder) ApplyChanges(ctx context.Context, changes *plan.Changes) error {
	r.sent = copyChanges(changes)
	return r.Provider.ApplyChanges(ctx, changes)
}

// registryRecorder stands between the real controller and the real registry and
// notes what passes. It changes nothing.
type registryRecorder struct {
	registry.Registry
	offered  []*endpoint.Endpoint
	adjusted []*endpoint.Endpoint
	planned  *plan.Changes
}

func (r *registryRecorder) AdjustEndpoints(endpoints []*endpoint.Endpoint) ([]*endpoint.Endpoint, error) {
	r.offered = deepCopy(endpoints)
	adjusted, err := r.Registry.AdjustEndpoints(endpoints)
	r.adjusted = deepCopy(adjusted)
	return adjusted, err
}

func (r *registryRecorder) ApplyChanges(ctx context.Context, changes *plan.Changes) error {
	r.planned = copyChanges(changes)
	return r.Registry.ApplyChanges(ctx, changes)
}

func copyChanges(changes *plan.Changes) *plan.Changes {
	return &plan.Changes{
		Create:    deepCopy(changes.Create),
		UpdateOld: deepCopy(changes.UpdateOld),
		UpdateNew: deepCopy(changes.UpdateNew),
		Delete:    deepCopy(changes.Delete),
	}
}

// deepCopy protects the notes from the plan and the registry, which sort targets
// and set labels in place.
func deepCopy(endpoints []*endpoint.Endpoint) []*endpoint.Endpoint {
	if endpoints == nil {
		return nil
	}
	copies := make([]*endpoint.Endpoint, len(endpoints))
	for i, original := range endpoints {
		copies[i] = original.DeepCopy()
	}
	return copies
}
