package harness

import (
	"context"
	"maps"
	"net/netip"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TM holds traffic-manager annotations by their short name: `weight` stands for
// `<prefix>webhook-traffic-manager-weight`.
type TM map[string]string

// With returns a copy with more, or other, annotations.
func (t TM) With(pairs ...string) TM {
	return edit(t, pairs)
}

// Without returns a copy that lacks some annotations.
func (t TM) Without(names ...string) TM {
	rest := maps.Clone(t)
	for _, name := range names {
		delete(rest, name)
	}
	return rest
}

func edit[M ~map[string]string](original M, pairs []string) M {
	changed := maps.Clone(original)
	if changed == nil {
		changed = M{}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		changed[pairs[i]] = pairs[i+1]
	}
	return changed
}

// Service is a Service of type LoadBalancer.
type Service struct {
	Name      string
	Namespace string
	// Hosts go into the hostname annotation.
	Hosts []string
	// Addresses are what the load balancer reports, IP addresses or names; none
	// means that it is still pending.
	Addresses []string
	// Annotations are ExternalDNS annotations without the prefix.
	Annotations map[string]string
	TM          TM
}

// With returns a copy with more, or other, traffic-manager annotations.
func (s Service) With(pairs ...string) Service {
	s.TM = s.TM.With(pairs...)
	return s
}

// Without returns a copy that lacks some traffic-manager annotations.
func (s Service) Without(names ...string) Service {
	s.TM = s.TM.Without(names...)
	return s
}

// Annotated returns a copy with more, or other, ExternalDNS annotations.
func (s Service) Annotated(pairs ...string) Service {
	s.Annotations = edit(s.Annotations, pairs)
	return s
}

func (s Service) namespace() string { return namespaceOr(s.Namespace) }

func namespaceOr(namespace string) string {
	if namespace == "" {
		return metav1.NamespaceDefault
	}
	return namespace
}

// annotations returns the annotations as they stand in a manifest.
func annotations(prefix string, hosts []string, others map[string]string, tm TM) map[string]string {
	all := map[string]string{}
	if len(hosts) > 0 {
		all[prefix+"hostname"] = strings.Join(hosts, ",")
	}
	for name, value := range others {
		all[prefix+name] = value
	}
	for name, value := range tm {
		all[prefix+"webhook-traffic-manager-"+name] = value
	}
	return all
}

// Apply creates a Service or replaces it.
func (c *Cluster) Apply(tb testing.TB, service Service) {
	tb.Helper()
	object := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{
			Name:        service.Name,
			Namespace:   service.namespace(),
			Annotations: annotations(c.prefix(), service.Hosts, service.Annotations, service.TM),
		},
		Spec: corev1.ServiceSpec{
			Type:  corev1.ServiceTypeLoadBalancer,
			Ports: []corev1.ServicePort{{Name: "https", Port: 443}},
		},
	}
	for _, address := range service.Addresses {
		ingress := corev1.LoadBalancerIngress{Hostname: address}
		if _, err := netip.ParseAddr(address); err == nil {
			ingress = corev1.LoadBalancerIngress{IP: address}
		}
		object.Status.LoadBalancer.Ingress = append(object.Status.LoadBalancer.Ingress, ingress)
	}
	c.ApplyService(tb, object)
}

// ApplyService creates or replaces a Service that [Service] cannot describe.
func (c *Cluster) ApplyService(tb testing.TB, object *corev1.Service) {
	tb.Helper()
	services := c.kube.CoreV1().Services(object.Namespace)
	_, err := services.Update(context.Background(), object, metav1.UpdateOptions{})
	if apierrors.IsNotFound(err) {
		_, err = services.Create(context.Background(), object, metav1.CreateOptions{})
	}
	if err != nil {
		tb.Fatalf("apply the service %s: %v", object.Name, err)
	}
	c.dirty = true
}

// Delete deletes a Service.
func (c *Cluster) Delete(tb testing.TB, service Service) {
	tb.Helper()
	err := c.kube.CoreV1().Services(service.namespace()).
		Delete(context.Background(), service.Name, metav1.DeleteOptions{})
	if err != nil {
		tb.Fatalf("delete the service %s: %v", service.Name, err)
	}
	c.dirty = true
}

// Ingress is an Ingress with one rule per host.
type Ingress struct {
	Name      string
	Hosts     []string
	Addresses []string
	TM        TM
}

// ApplyIngress creates an Ingress or replaces it.
func (c *Cluster) ApplyIngress(tb testing.TB, ingress Ingress) {
	tb.Helper()
	object := &networkingv1.Ingress{
		ObjectMeta: metav1.ObjectMeta{
			Name:        ingress.Name,
			Namespace:   metav1.NamespaceDefault,
			Annotations: annotations(c.prefix(), nil, nil, ingress.TM),
		},
	}
	for _, host := range ingress.Hosts {
		object.Spec.Rules = append(object.Spec.Rules, networkingv1.IngressRule{Host: host})
	}
	for _, address := range ingress.Addresses {
		object.Status.LoadBalancer.Ingress = append(object.Status.LoadBalancer.Ingress,
			networkingv1.IngressLoadBalancerIngress{IP: address})
	}
	ingresses := c.kube.NetworkingV1().Ingresses(metav1.NamespaceDefault)
	_, err := ingresses.Update(context.Background(), object, metav1.UpdateOptions{})
	if apierrors.IsNotFound(err) {
		_, err = ingresses.Create(context.Background(), object, metav1.CreateOptions{})
	}
	if err != nil {
		tb.Fatalf("apply the ingress %s: %v", ingress.Name, err)
	}
	c.dirty = true
}

// DeleteIngress deletes an Ingress.
func (c *Cluster) DeleteIngress(tb testing.TB, name string) {
	tb.Helper()
	err := c.kube.NetworkingV1().Ingresses(metav1.NamespaceDefault).
		Delete(context.Background(), name, metav1.DeleteOptions{})
	if err != nil {
		tb.Fatalf("delete the ingress %s: %v", name, err)
	}
	c.dirty = true
}

// Annotations returns traffic-manager annotations as they stand in a manifest for
// this cluster.
func (c *Cluster) Annotations(hosts []string, tm TM) map[string]string {
	return annotations(c.prefix(), hosts, nil, tm)
}

// ApplyNode creates a ready Node with an external address.
func (c *Cluster) ApplyNode(tb testing.TB, name, address string) {
	tb.Helper()
	_, err := c.kube.CoreV1().Nodes().Create(context.Background(), &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Status: corev1.NodeStatus{
			Addresses:  []corev1.NodeAddress{{Type: corev1.NodeExternalIP, Address: address}},
			Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		tb.Fatalf("create the node %s: %v", name, err)
	}
	c.dirty = true
}
