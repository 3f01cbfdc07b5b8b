package harness

import (
	"strings"
	"testing"
)

// Site is a cluster as users run it: one ExternalDNS for its members, through the webhook, and one for its own names,
// by ExternalDNS's azure provider, in Azure DNS.
type Site struct {
	// Members is the ExternalDNS with the webhook provider.
	Members *Cluster
	// Records is the ExternalDNS with the azure provider.
	Records *Cluster
	// Namespace is where the site's objects are in the API server; empty without one.
	Namespace string
}

// Mode is who makes the record of the vanity host.
type Mode string

const (
	// AzureDNS has the webhook provider write it to the zone.
	AzureDNS Mode = "azure-dns"
	// DNSEndpoint has it written by the sites' ExternalDNS, from an object in the API server.
	DNSEndpoint Mode = "dnsendpoint"
)

// VanityTTL is how long the record of a vanity host may be remembered.
const VanityTTL = "1s"

// Site starts a cluster whose users have a name in Azure DNS.
func (w *World) Site(tb testing.TB, owner string, mode Mode) *Site {
	tb.Helper()
	site := &Site{}
	serve := []string{
		"--vanity=" + string(mode),
		"--vanity-ttl=" + VanityTTL,
		"--vanity-interval=1s",
		"--vanity-check=true",
		"--resolver=" + w.DNS,
	}
	records := []string{
		"--provider=azure",
		"--azure-config-file=" + w.AzureConfig(tb),
		"--domain-filter=" + Zone,
		"--txt-owner-id=" + owner,
		"--source=service",
	}
	if mode == DNSEndpoint {
		server := SharedAPIServer(tb)
		site.Namespace = server.Namespace(tb, owner)
		serve = append(serve, "--kubeconfig="+server.Kubeconfig, "--vanity-namespace="+site.Namespace)
		records = append(records, "--source=crd", "--namespace="+site.Namespace)
		site.Records = ExternalDNS(tb, owner, "", records...)
		site.Records.rest = server.config
	} else {
		site.Records = ExternalDNS(tb, owner, "", records...)
	}
	site.Records.emulator = w.Emulator
	site.Members = w.ClusterWith(tb, owner, Setup{Serve: serve})
	return site
}

// Apply creates a Service or replaces it.
func (s *Site) Apply(tb testing.TB, service Service) {
	tb.Helper()
	service.Namespace = s.Namespace
	s.Members.Apply(tb, service)
	s.Records.Apply(tb, service)
}

// Delete deletes a Service.
func (s *Site) Delete(tb testing.TB, service Service) {
	tb.Helper()
	service.Namespace = s.Namespace
	s.Members.Delete(tb, service)
	s.Records.Delete(tb, service)
}

// Loop runs a loop of both ExternalDNS, the addresses before the members that lead to them.
func (s *Site) Loop(tb testing.TB) {
	tb.Helper()
	s.Records.Loop(tb)
	s.Members.Loop(tb)
}

// Leave runs a loop of both in the other order, for members that go: nobody is sent to an address that is gone.
func (s *Site) Leave(tb testing.TB) {
	tb.Helper()
	s.Members.Loop(tb)
	s.Records.Loop(tb)
}

func isProfile(name string) bool {
	return strings.HasSuffix(name, "."+Suffix)
}
