package harness

import (
	"context"
	"errors"
	"fmt"
	"testing"

	openshift "github.com/openshift/client-go/route/clientset/versioned"
	istio "istio.io/client-go/pkg/clientset/versioned"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/rest"
	gateway "sigs.k8s.io/gateway-api/pkg/client/clientset/versioned"

	"sigs.k8s.io/external-dns/controller"
	"sigs.k8s.io/external-dns/endpoint"
	"sigs.k8s.io/external-dns/pkg/apis/externaldns"
	"sigs.k8s.io/external-dns/pkg/apis/externaldns/validation"
	"sigs.k8s.io/external-dns/plan"
	"sigs.k8s.io/external-dns/provider"
	providerfactory "sigs.k8s.io/external-dns/provider/factory"
	registryfactory "sigs.k8s.io/external-dns/registry/factory"
	"sigs.k8s.io/external-dns/source"
	sourceannotations "sigs.k8s.io/external-dns/source/annotations"
	"sigs.k8s.io/external-dns/source/wrappers"
)

// Cluster is one Kubernetes cluster: its objects in a fake clientset, and the
// real ExternalDNS that reads them.
//
// ExternalDNS is put together by its own functions, from its own command line, in
// the order of its main function: flags, validation, source with its wrappers,
// provider (the webhook client, which negotiates here), registry, controller.
type Cluster struct {
	// Owner is both --txt-owner-id and --owner-id.
	Owner string
	// Serve is the cluster's webhook provider; nil if something else answers.
	Serve *Serve

	emulator *Emulator
	kube     *fake.Clientset
	// rest is an API server beside kube; nil without one.
	rest       *rest.Config
	config     *externaldns.Config
	registry   *registryRecorder
	provider   *providerRecorder
	controller *controller.Controller

	// dirty says that objects changed since the source's caches were filled. A
	// watch of the fake clientset delivers at some later time, which a test cannot
	// await without asking the source; so the source is built anew, as in a
	// restarted ExternalDNS, and its caches hold every object from the start.
	dirty      bool
	stopSource context.CancelFunc
}

// ExternalDNS starts the real ExternalDNS against a webhook provider. The flags,
// written `--name=value`, replace the harness's.
func ExternalDNS(tb testing.TB, owner, url string, flags ...string) *Cluster {
	tb.Helper()
	cluster, err := TryExternalDNS(tb, owner, url, flags...)
	if err != nil {
		tb.Fatalf("start ExternalDNS of %s: %v", owner, err)
	}
	return cluster
}

// TryExternalDNS is [ExternalDNS] for a start that may fail.
func TryExternalDNS(tb testing.TB, owner, url string, flags ...string) (*Cluster, error) {
	tb.Helper()
	CaptureLogs(tb)
	config := externaldns.NewConfig()
	arguments := override([]string{
		"--source=service",
		"--provider=webhook",
		"--webhook-provider-url=" + url,
		"--policy=sync",
		"--registry=txt",
		"--txt-owner-id=" + owner,
	}, flags)
	if err := config.ParseFlags(arguments); err != nil {
		return nil, fmt.Errorf("parse the flags: %w", err)
	}
	if err := validation.ValidateConfig(config); err != nil {
		return nil, fmt.Errorf("validate the flags: %w", err)
	}
	filter := endpoint.NewDomainFilterWithOptions(
		endpoint.WithDomainFilter(config.DomainFilter),
		endpoint.WithDomainExclude(config.DomainExclude),
		endpoint.WithRegexDomainFilter(config.RegexDomainFilter),
		endpoint.WithRegexDomainExclude(config.RegexDomainExclude),
	)
	client, err := providerfactory.Select(context.Background(), config, filter)
	if err != nil {
		return nil, fmt.Errorf("select the provider: %w", err)
	}
	cluster := &Cluster{
		Owner:    owner,
		kube:     fake.NewClientset(),
		config:   config,
		provider: &providerRecorder{Provider: client},
		dirty:    true,
	}
	real, err := registryfactory.Select(config, cluster.provider)
	if err != nil {
		return nil, fmt.Errorf("select the registry: %w", err)
	}
	cluster.registry = &registryRecorder{Registry: real}
	policy, known := plan.Policies[config.Policy]
	if !known {
		return nil, fmt.Errorf("unknown policy %s", config.Policy)
	}
	cluster.controller = &controller.Controller{
		Registry:             cluster.registry,
		Policy:               policy,
		Interval:             config.Interval,
		DomainFilter:         filter,
		ManagedRecordTypes:   config.ManagedDNSRecordTypes,
		ExcludeRecordTypes:   config.ExcludeDNSRecordTypes,
		MinEventSyncInterval: config.MinEventSyncInterval,
		TXTOwnerOld:          config.TXTOwnerOld,
	}
	tb.Cleanup(func() {
		if cluster.stopSource != nil {
			cluster.stopSource()
		}
	})
	return cluster, nil
}

// prefix is the annotation prefix that this ExternalDNS reads.
func (c *Cluster) prefix() string { return c.config.AnnotationPrefix }

// Filter returns the domain filter that the provider announced.
func (c *Cluster) Filter() endpoint.DomainFilterInterface {
	return c.provider.GetDomainFilter()
}

// Loop is what one reconciliation of ExternalDNS did.
type Loop struct {
	// Offered is what the source found: the body of /adjustendpoints.
	Offered []*endpoint.Endpoint
	// Desired is the answer of /adjustendpoints.
	Desired []*endpoint.Endpoint
	// Current is the answer of GET /records.
	Current []*endpoint.Endpoint
	// Planned is what the plan computed; nil if there was nothing to do.
	Planned *plan.Changes
	// Sent is the body of POST /records, which the registry adds its own records
	// to; nil if there was nothing to do.
	Sent *plan.Changes
	// Err is what ended the loop early: nil or a soft error.
	Err error
}

// Attempt runs one loop. A hard error fails the test, because it would have ended
// the ExternalDNS process; a soft one is in the result.
//
// Loops of two clusters may run at the same time if both are prepared.
func (c *Cluster) Attempt(tb testing.TB) Loop {
	tb.Helper()
	c.Prepare(tb)
	c.provider.records, c.provider.sent = nil, nil
	c.registry.offered, c.registry.adjusted, c.registry.planned = nil, nil, nil
	err := c.controller.RunOnce(context.Background())
	if err != nil && !errors.Is(err, provider.SoftError) {
		tb.Errorf("a hard error, which ends the ExternalDNS process of %s: %v", c.Owner, err)
	}
	return Loop{
		Offered: c.registry.offered,
		Desired: c.registry.adjusted,
		Current: c.provider.records,
		Planned: c.registry.planned,
		Sent:    c.provider.sent,
		Err:     err,
	}
}

// Loop runs one loop that has to succeed.
func (c *Cluster) Loop(tb testing.TB) Loop {
	tb.Helper()
	loop := c.Attempt(tb)
	if loop.Err != nil {
		tb.Fatalf("the loop of %s failed softly: %v", c.Owner, loop.Err)
	}
	return loop
}

// refresh builds the source with full caches if objects changed.
func (c *Cluster) refresh() error {
	// What others write into an API server is not told to this process.
	if !c.dirty && c.rest == nil {
		return nil
	}
	if c.stopSource != nil {
		c.stopSource()
	}
	ctx, stop := context.WithCancel(context.Background())
	c.stopSource = stop
	config, err := source.NewSourceConfig(c.config, source.WithClientGenerator(clients{c.kube, c.rest}))
	if err != nil {
		return err
	}
	c.controller.Source, err = wrappers.Build(ctx, config)
	if err != nil {
		return err
	}
	c.dirty = false
	return nil
}

// clients gives ExternalDNS's sources the fake clientset, and the crd source the
// API server where there is one. The sources in use ask for no other client.
type clients struct {
	kube *fake.Clientset
	rest *rest.Config
}

var errNoClient = errors.New("the cluster of this test offers only the core Kubernetes API")

func (c clients) KubeClient() (kubernetes.Interface, error)         { return c.kube, nil }
func (clients) GatewayClient() (gateway.Interface, error)           { return nil, errNoClient }
func (clients) IstioClient() (istio.Interface, error)               { return nil, errNoClient }
func (clients) DynamicKubernetesClient() (dynamic.Interface, error) { return nil, errNoClient }
func (clients) OpenShiftClient() (openshift.Interface, error)       { return nil, errNoClient }
func (c clients) RESTConfig() (*rest.Config, error) {
	if c.rest == nil {
		return nil, errNoClient
	}
	return c.rest, nil
}

// Prepare fills the source's caches now instead of in the next loop.
func (c *Cluster) Prepare(tb testing.TB) {
	tb.Helper()
	// The prefix is a variable of ExternalDNS's package, set once by its main
	// function. Here two clusters of one process may differ in it.
	if sourceannotations.AnnotationKeyPrefix != c.config.AnnotationPrefix {
		sourceannotations.SetAnnotationPrefix(c.config.AnnotationPrefix)
	}
	if err := c.refresh(); err != nil {
		tb.Fatalf("build the source of %s: %v", c.Owner, err)
	}
}

// Desired returns what the provider makes of the cluster's objects, and plans and
// changes nothing.
func (c *Cluster) Desired(tb testing.TB) []*endpoint.Endpoint {
	tb.Helper()
	c.Prepare(tb)
	offered, err := c.controller.Source.Endpoints(context.Background())
	if err != nil {
		tb.Fatalf("read the source of %s: %v", c.Owner, err)
	}
	desired, err := c.registry.Registry.AdjustEndpoints(offered)
	if err != nil {
		tb.Fatalf("adjust the records of %s: %v", c.Owner, err)
	}
	return desired
}

// Source builds ExternalDNS's real source over objects, with no provider behind it.
func Source(tb testing.TB, services []*corev1.Service, flags ...string) source.Source {
	tb.Helper()
	config := externaldns.NewConfig()
	arguments := override([]string{
		"--source=service", "--provider=webhook", "--policy=sync", "--service-type-filter=LoadBalancer",
	}, flags)
	if err := config.ParseFlags(arguments); err != nil {
		tb.Fatalf("parse the flags: %v", err)
	}
	kube := fake.NewClientset()
	for _, service := range services {
		if _, err := kube.CoreV1().Services(service.Namespace).Create(context.Background(), service, metav1.CreateOptions{}); err != nil {
			tb.Fatalf("create the service %s: %v", service.Name, err)
		}
	}
	cluster := &Cluster{kube: kube, config: config, controller: &controller.Controller{}, dirty: true}
	tb.Cleanup(func() { cluster.stopSource() })
	cluster.Prepare(tb)
	return cluster.controller.Source
}
