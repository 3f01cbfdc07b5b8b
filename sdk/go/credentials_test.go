package sdk

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// lists uses a credential for the cheapest call there is.
func (e *Emulator) lists(t *testing.T, credential azcore.TokenCredential) error {
	t.Helper()
	_, err := e.factory(t, credential).NewProfilesClient().NewListByResourceGroupPager(group, nil).NextPage(t.Context())
	return err
}

// tokens are what the authority has issued, in order.
func (e *Emulator) tokens(t *testing.T) []map[string]any {
	t.Helper()
	var tokens []map[string]any
	for _, token := range e.control(t, "GET", "tokens", nil)["tokens"].([]any) {
		tokens = append(tokens, token.(map[string]any))
	}
	return tokens
}

func (e *Emulator) wasProvenBy(t *testing.T, grant string) {
	t.Helper()
	tokens := e.tokens(t)
	if last := tokens[len(tokens)-1]; last["grant"] != grant || last["client"] != client {
		t.Errorf("the last token is %v, want one by %s", last, grant)
	}
}

func TestAWrongSecretIsRefusedByName(t *testing.T) {
	err := shared.lists(t, shared.credential(t, "a guess"))
	var failed *azidentity.AuthenticationFailedError
	if !errors.As(err, &failed) || !strings.Contains(err.Error(), "AADSTS7000215") {
		t.Error(err)
	}
}

func TestACertificate(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	certificate, err := x509.ParseCertificate(der)
	must(t, err)
	credential, err := azidentity.NewClientCertificateCredential(
		tenant, client, []*x509.Certificate{certificate}, crypto.PrivateKey(key),
		&azidentity.ClientCertificateCredentialOptions{
			ClientOptions: shared.options(), DisableInstanceDiscovery: true,
		})
	must(t, err)
	must(t, shared.lists(t, credential))
	shared.wasProvenBy(t, "clientCertificate")
}

func TestWorkloadIdentity(t *testing.T) {
	part := base64.RawURLEncoding.EncodeToString
	token := part([]byte(`{"alg":"RS256"}`)) + "." +
		part([]byte(`{"sub":"system:serviceaccount:dns:external-dns","aud":["api://AzureADTokenExchange"]}`)) + "." +
		part([]byte("signature"))
	file := filepath.Join(t.TempDir(), "token")
	must(t, os.WriteFile(file, []byte(token), 0o600))
	credential, err := azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
		ClientOptions: shared.options(), DisableInstanceDiscovery: true,
		TenantID: tenant, ClientID: client, TokenFilePath: file,
	})
	must(t, err)
	must(t, shared.lists(t, credential))
	shared.wasProvenBy(t, "federatedToken")
}

// machine sends what is meant for the endpoint of the machine, a link-local address, to the emulator.
type machine struct{ *Emulator }

func (m machine) Do(request *http.Request) (*http.Response, error) {
	if request.URL.Host == "169.254.169.254" {
		target, err := url.Parse(m.url)
		if err != nil {
			return nil, err
		}
		request.URL.Scheme, request.URL.Host = target.Scheme, target.Host
	}
	return m.http.Do(request)
}

// Switch: a transport, because the library has no other way to say where the endpoint is.
func TestManagedIdentity(t *testing.T) {
	options := shared.options()
	options.Transport = machine{shared}
	credential, err := azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{
		ClientOptions: options, ID: azidentity.ClientID(client),
	})
	must(t, err)
	must(t, shared.lists(t, credential))
	shared.wasProvenBy(t, "managedIdentity")
}

// The 401 carries a challenge, and the library asks for another token by itself.
func TestARevokedTokenIsReplacedInPassing(t *testing.T) {
	// One of its own, because a revocation is for everybody.
	emulator, stop, err := start(t.TempDir())
	must(t, err)
	defer stop()
	profiles := emulator.factory(t, emulator.credential(t, secret)).NewProfilesClient()
	list := func() {
		_, err := profiles.NewListByResourceGroupPager(group, nil).NextPage(t.Context())
		must(t, err)
	}
	list()
	emulator.control(t, "DELETE", "tokens", nil)
	list()
	tokens := emulator.tokens(t)
	if len(tokens) != 2 || tokens[0]["isRevoked"] != true || tokens[1]["isGood"] != true {
		t.Error(tokens)
	}
}
