// Package sdk drives the emulator with Azure's own client library for Go.
package sdk

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/trafficmanager/armtrafficmanager"
)

const (
	client       = "11111111-1111-1111-1111-111111111111"
	secret       = "what only the client knows"
	tenant       = "22222222-2222-2222-2222-222222222222"
	subscription = "33333333-3333-3333-3333-333333333333"
	group        = "my-tm-rg"
	kind         = "Microsoft.Network/trafficManagerProfiles"
)

// Emulator is a running one, with HTTPS, an authority, and a client that has a secret.
type Emulator struct {
	url  string
	http *http.Client
}

// shared is for all tests but those that revoke tokens.
var shared *Emulator

var names atomic.Int64

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	directory, err := os.MkdirTemp("", "emulator")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(directory)
	emulator, stop, err := start(directory)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer stop()
	shared = emulator
	return m.Run()
}

func start(directory string) (*Emulator, func(), error) {
	caFile := filepath.Join(directory, "ca.pem")
	command := exec.Command(os.Getenv("EDTM_BINARY"), "emulator",
		"--arm-listen=127.0.0.1:0", "--dns-listen=127.0.0.1:0", "--no-probes",
		"--tls", "--tls-ca-file="+caFile,
		"--require-token", "--client="+client+":"+secret, "--resource-group="+group)
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := command.Start(); err != nil {
		return nil, nil, err
	}
	stop := func() {
		_ = command.Process.Signal(os.Interrupt)
		_ = command.Wait()
	}
	// The first line says where it listens, once it does.
	line, err := bufio.NewReader(output).ReadString('\n')
	url, found := strings.CutPrefix(strings.TrimSpace(line), "arm ")
	if err != nil || !found {
		stop()
		return nil, nil, fmt.Errorf("the emulator said %q: %w", line, err)
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		stop()
		return nil, nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	return &Emulator{url: url, http: &http.Client{Transport: transport, Timeout: 30 * time.Second}}, stop, nil
}

// options are the switches that the library needs: another cloud, and a transport that trusts the certificate.
func (e *Emulator) options() azcore.ClientOptions {
	return azcore.ClientOptions{
		Cloud: cloud.Configuration{
			ActiveDirectoryAuthorityHost: e.url,
			Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
				cloud.ResourceManager: {Audience: "https://management.azure.com", Endpoint: e.url},
			},
		},
		Retry:     policy.RetryOptions{MaxRetries: -1},
		Transport: e.http,
	}
}

// credential needs one switch more: not to ask Microsoft about the authority.
func (e *Emulator) credential(t *testing.T, secret string) azcore.TokenCredential {
	t.Helper()
	credential, err := azidentity.NewClientSecretCredential(tenant, client, secret,
		&azidentity.ClientSecretCredentialOptions{ClientOptions: e.options(), DisableInstanceDiscovery: true})
	must(t, err)
	return credential
}

func (e *Emulator) factory(t *testing.T, credential azcore.TokenCredential) *armtrafficmanager.ClientFactory {
	t.Helper()
	factory, err := armtrafficmanager.NewClientFactory(subscription, credential, &arm.ClientOptions{
		ClientOptions: e.options(),
		// Registering would ask for operations that are not Traffic Manager's.
		DisableRPRegistration: true,
	})
	must(t, err)
	return factory
}

// control calls the control API and returns what it answers.
func (e *Emulator) control(t *testing.T, method, path string, body any) map[string]any {
	t.Helper()
	text, err := json.Marshal(body)
	must(t, err)
	request, err := http.NewRequest(method, e.url+"/_emulator/"+path, bytes.NewReader(text))
	must(t, err)
	response, err := e.http.Do(request)
	must(t, err)
	defer response.Body.Close()
	text, err = io.ReadAll(response.Body)
	must(t, err)
	if response.StatusCode >= 300 {
		t.Fatalf("%s %s: %d %s", method, path, response.StatusCode, text)
	}
	var answer map[string]any
	if len(text) > 0 {
		must(t, json.Unmarshal(text, &answer))
	}
	return answer
}

// clients are those of the library for the shared emulator.
func clients(t *testing.T) *armtrafficmanager.ClientFactory {
	t.Helper()
	return shared.factory(t, shared.credential(t, secret))
}

// newName is one that no other test uses.
func newName() string {
	return fmt.Sprintf("go-%d", names.Add(1))
}

func weighted(relativeName string) armtrafficmanager.Profile {
	return armtrafficmanager.Profile{
		Location: to.Ptr("global"),
		Properties: &armtrafficmanager.ProfileProperties{
			TrafficRoutingMethod: to.Ptr(armtrafficmanager.TrafficRoutingMethodWeighted),
			DNSConfig:            &armtrafficmanager.DNSConfig{RelativeName: to.Ptr(relativeName), TTL: to.Ptr[int64](30)},
			MonitorConfig: &armtrafficmanager.MonitorConfig{
				Protocol: to.Ptr(armtrafficmanager.MonitorProtocolHTTPS),
				Port:     to.Ptr[int64](443),
				Path:     to.Ptr("/health"),
			},
		},
	}
}

// newProfile is a Weighted one without endpoints.
func newProfile(t *testing.T) armtrafficmanager.Profile {
	t.Helper()
	name := newName()
	made, err := clients(t).NewProfilesClient().CreateOrUpdate(t.Context(), group, name, weighted(name), nil)
	must(t, err)
	return made.Profile
}

// captured is a context whose next response is kept.
func captured(t *testing.T) (context.Context, **http.Response) {
	var response *http.Response
	return policy.WithCaptureResponse(t.Context(), &response), &response
}

// lossless says that a model has everything that the answer it was read from has: the library drops what it does not
// know, and what it has dropped is missing when it writes the model again.
func lossless(t *testing.T, response *http.Response, model any) {
	t.Helper()
	text, err := runtime.Payload(response)
	must(t, err)
	again, err := json.Marshal(model)
	must(t, err)
	var given, kept any
	must(t, json.Unmarshal(text, &given))
	must(t, json.Unmarshal(again, &kept))
	if given, kept = withoutNulls(given), withoutNulls(kept); !reflect.DeepEqual(given, kept) {
		t.Errorf("the library does not keep all of\n%s\nbut\n%s", text, again)
	}
}

// withoutNulls takes null properties away, which the library does not write.
func withoutNulls(value any) any {
	switch value := value.(type) {
	case map[string]any:
		kept := map[string]any{}
		for key, property := range value {
			if property != nil {
				kept[key] = withoutNulls(property)
			}
		}
		return kept
	case []any:
		kept := make([]any, 0, len(value))
		for _, item := range value {
			kept = append(kept, withoutNulls(item))
		}
		return kept
	default:
		return value
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same[T comparable](t *testing.T, what string, got *T, want T) {
	t.Helper()
	if got == nil {
		t.Errorf("%s: nothing, want %v", what, want)
	} else if *got != want {
		t.Errorf("%s: %v, want %v", what, *got, want)
	}
}

func status(t *testing.T, response *http.Response, want int) {
	t.Helper()
	if response == nil || response.StatusCode != want {
		t.Errorf("answered %v, want %d", response, want)
	}
}
