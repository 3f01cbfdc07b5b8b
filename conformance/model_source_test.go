package conformance

import (
	"context"
	"fmt"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"sigs.k8s.io/external-dns/endpoint"

	"external-dns-traffic-manager/conformance/harness"
)

// sourceCases is smaller than modelCases: the real source fills informer caches
// for every case.
const sourceCases = 400

func TestTheModelOfTheServiceSourceAgreesWithTheRealOne(t *testing.T) {
	type question struct {
		AnnotationPrefix string            `json:"annotationPrefix"`
		MinTTL           int64             `json:"minTTL"`
		Aliased          bool              `json:"aliased"`
		Services         []*corev1.Service `json:"services"`
	}
	harness.DiscardLogs(t)
	g := newGenerator(modelSeed + 3)
	cases := make([]question, sourceCases)
	for i := range cases {
		cases[i] = question{
			AnnotationPrefix: pick(g, "external-dns.kubernetes.io/", "external-dns.alpha.kubernetes.io/"),
			MinTTL:           pick(g, int64(0), 0, 90),
		}
		for j := range 1 + g.IntN(4) {
			cases[i].Services = append(cases[i].Services, g.service(cases[i].AnnotationPrefix, fmt.Sprintf("s%d", j)))
		}
	}
	tally := newTally()
	for i, answer := range harness.AskModel[question, []*endpoint.Endpoint](t, "--source", cases) {
		real := func() []string {
			source := harness.Source(t, cases[i].Services,
				"--annotation-prefix="+cases[i].AnnotationPrefix, fmt.Sprintf("--min-ttl=%ds", cases[i].MinTTL))
			records, err := source.Endpoints(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			return recordsText(records)
		}
		tally.compare(t, i, cases[i], recordsText(answer), real)
	}
	tally.report(t)
}

// service makes a Service as people write them, typing errors included.
func (g generator) service(prefix, name string) *corev1.Service {
	annotations := map[string]string{}
	set := func(name string, values ...string) {
		if !g.chance(3) {
			annotations[prefix+name] = pick(g, values...)
		}
	}
	set("hostname", "a.example.com", "a.example.com,b.example.com", "B.Example.com.", "*.example.com", " c.example.com , d.example.com", "")
	set("webhook-traffic-manager-enabled", "true", "false")
	set("webhook-traffic-manager-weight", "70", " 70 ", "")
	if g.chance(4) {
		set("ttl", "60", "1m", "0", "soon", "99999999999")
	}
	if g.chance(4) {
		set("set-identifier", "blue", "green", "")
	}
	if g.chance(6) {
		set("target", "x.example.net.", "203.0.113.9", "203.0.113.9,2001:db8::9,x.example.net")
	}
	if g.chance(8) {
		set("controller", "dns-controller", "another")
	}
	if g.chance(6) {
		set("alias", "true", "false")
	}
	service := &corev1.Service{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: pick(g, "default", "team-a"), Annotations: annotations},
		Spec:       corev1.ServiceSpec{Type: corev1.ServiceTypeLoadBalancer},
	}
	addresses := []corev1.LoadBalancerIngress{
		{IP: "203.0.113.1"}, {IP: "203.0.113.2"}, {IP: "2001:db8::1"}, {Hostname: "lb.example.net"}, {Hostname: "lb2.example.net"},
	}
	for _, i := range g.Perm(len(addresses))[:g.IntN(4)] {
		service.Status.LoadBalancer.Ingress = append(service.Status.LoadBalancer.Ingress, addresses[i])
	}
	if g.chance(8) {
		service.Spec.ExternalIPs = []string{"203.0.113.77"}
	}
	return service
}

func recordsText(records []*endpoint.Endpoint) []string {
	lines := make([]string, 0, len(records))
	for _, record := range records {
		lines = append(lines, harness.DescribeRecord(record))
	}
	slices.Sort(lines)
	return lines
}
