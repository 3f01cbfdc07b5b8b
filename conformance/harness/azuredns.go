package harness

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

const (
	// DNSGroup is the resource group of the zone.
	DNSGroup = "my-dns-rg"
	// Zone is the DNS zone of the tests that have one.
	Zone = "example.com"
)

// ZoneFlag makes the zone when the emulator starts.
const ZoneFlag = "--dns-zone=" + Subscription + "/" + DNSGroup + "/" + Zone

// certificate is the one by which this process knows its own HTTPS servers. Go reads whom a process trusts once, so
// there is one for all tests.
var certificate tls.Certificate

// TrustAzure makes this process trust its own HTTPS servers, and gives it the identity of a managed one. It has to be
// called before anything connects; the function that it returns cleans up.
//
// ExternalDNS's azure provider sends its token over HTTPS only, and knows no other way to be told whom to trust than
// the environment.
func TrustAzure() (func(), error) {
	directory, err := os.MkdirTemp("", "azure")
	if err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "conformance"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	certificate = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	file := filepath.Join(directory, "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, err
	}
	identity := httptest.NewServer(http.HandlerFunc(token))
	for name, value := range map[string]string{
		"SSL_CERT_FILE":     file,
		"IDENTITY_ENDPOINT": identity.URL + "/token",
		"IDENTITY_HEADER":   "conformance",
	} {
		if err := os.Setenv(name, value); err != nil {
			return nil, err
		}
	}
	return func() {
		identity.Close()
		_ = os.RemoveAll(directory)
	}, nil
}

// token is what a managed identity gets. The emulator takes any.
func token(response http.ResponseWriter, request *http.Request) {
	response.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(response).Encode(map[string]string{
		"access_token": "conformance",
		"expires_on":   strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10),
		"resource":     request.URL.Query().Get("resource"),
		"token_type":   "Bearer",
	})
}

// AzureConfig writes the file by which ExternalDNS's azure provider finds the emulator, and returns its path. In
// between is HTTPS alone: the emulator makes a certificate of its own at each start, too late for this process.
func (e *Emulator) AzureConfig(tb testing.TB) string {
	tb.Helper()
	arm, err := url.Parse(e.ARM)
	if err != nil {
		tb.Fatal(err)
	}
	front := httptest.NewUnstartedServer(httputil.NewSingleHostReverseProxy(arm))
	front.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	front.StartTLS()
	tb.Cleanup(front.Close)
	text, err := json.Marshal(map[string]any{
		"cloud":                        "AzureStackCloud",
		"tenantId":                     "conformance",
		"subscriptionId":               Subscription,
		"resourceGroup":                DNSGroup,
		"useManagedIdentityExtension":  true,
		"activeDirectoryAuthorityHost": "https://login.example.com/",
		"resourceManagerAudience":      "https://management.azure.com",
		"resourceManagerEndpoint":      front.URL,
	})
	if err != nil {
		tb.Fatal(err)
	}
	file := filepath.Join(tb.TempDir(), "azure.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		tb.Fatal(err)
	}
	return file
}

// ZoneState is what the emulator's Azure DNS holds of a zone.
type ZoneState struct {
	Name       string      `json:"name"`
	RecordSets []RecordSet `json:"recordSets"`
}

// RecordSet is what these tests read of a record set.
type RecordSet struct {
	Name       string `json:"name"`
	Type       string `json:"type"`
	Properties struct {
		TTL      int               `json:"TTL"`
		Metadata map[string]string `json:"metadata"`
		CNAME    *struct {
			Name string `json:"cname"`
		} `json:"CNAMERecord"`
		Target struct {
			ID string `json:"id"`
		} `json:"targetResource"`
	} `json:"properties"`
}

// Azure is everything that the emulator holds, at one moment.
type Azure struct {
	Profiles []struct {
		FQDN string `json:"fqdn"`
	} `json:"profiles"`
	Zones []ZoneState `json:"zones"`
}

// Azure returns everything that the emulator holds.
func (e *Emulator) Azure() (Azure, error) {
	var state Azure
	err := e.call(http.MethodGet, "/_emulator/state", nil, &state)
	return state, err
}

// CNAME returns the target of a CNAME in the zone, or nothing.
func (a Azure) CNAME(name string) string {
	for _, zone := range a.Zones {
		for _, set := range zone.RecordSets {
			if set.Name == name && set.Properties.CNAME != nil {
				return set.Properties.CNAME.Name
			}
		}
	}
	return ""
}

// Dangling returns the record sets that lead to a profile that does not exist: whoever registers that name gets their
// users.
func (a Azure) Dangling() []string {
	taken := map[string]bool{}
	for _, profile := range a.Profiles {
		taken[profile.FQDN] = true
	}
	var found []string
	for _, zone := range a.Zones {
		for _, set := range zone.RecordSets {
			if set.Properties.CNAME == nil {
				continue
			}
			target := set.Properties.CNAME.Name
			if isProfile(target) && !taken[target] {
				found = append(found, fmt.Sprintf("%s.%s → %s", set.Name, zone.Name, target))
			}
		}
	}
	return found
}
