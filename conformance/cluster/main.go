// Command cluster is a Kubernetes API server for tests: the real kube-apiserver with RBAC, and the etcd that it needs, in
// one process. No controllers, no scheduler, no nodes: objects are stored, validated and authorised, and nothing acts on
// them.
//
// It prints one line of JSON when it is ready, and ends when its standard input does, so it does not outlive a test that
// was killed:
//
//	{"kubeconfig": "/tmp/…/admin.kubeconfig", "server": "https://127.0.0.1:…", "certificateAuthority": "/tmp/…/apiserver.crt"}
package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

const patience = 90 * time.Second

type ready struct {
	Kubeconfig           string `json:"kubeconfig"`
	Server               string `json:"server"`
	CertificateAuthority string `json:"certificateAuthority"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

func run() error {
	directory, err := os.MkdirTemp("", "edtm-cluster-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(directory)
	etcd, err := startEtcd(filepath.Join(directory, "etcd"))
	if err != nil {
		return fmt.Errorf("starting etcd: %w", err)
	}

	token := make([]byte, 16)
	if _, err := rand.Read(token); err != nil {
		return err
	}
	admin := hex.EncodeToString(token)
	tokens, key, port, err := prepare(directory, admin)
	if err != nil {
		return err
	}
	ended := make(chan error, 2)
	go func() {
		command := app.NewAPIServerCommand()
		command.SetArgs([]string{
			"--etcd-servers=" + etcd.Config().ListenClientUrls[0].String(),
			"--bind-address=127.0.0.1",
			"--secure-port=" + strconv.Itoa(port),
			"--cert-dir=" + directory,
			"--token-auth-file=" + tokens,
			"--authorization-mode=RBAC",
			"--service-account-issuer=https://kubernetes.default.svc",
			"--service-account-key-file=" + key,
			"--service-account-signing-key-file=" + key,
			"--service-cluster-ip-range=10.0.0.0/24",
			"--endpoint-reconciler-type=none",
		})
		err := command.ExecuteContext(context.Background())
		ended <- errors.Join(errors.New("the API server has ended"), err)
	}()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		ended <- nil
	}()

	cluster := ready{
		Kubeconfig:           filepath.Join(directory, "admin.kubeconfig"),
		Server:               "https://127.0.0.1:" + strconv.Itoa(port),
		CertificateAuthority: filepath.Join(directory, "apiserver.crt"),
	}
	begun := make(chan error, 1)
	go func() { begun <- waitUntilReady(cluster, admin) }()
	select {
	case err := <-ended:
		return err
	case err := <-begun:
		if err != nil {
			return err
		}
	}
	if err := writeKubeconfig(cluster, admin); err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(cluster); err != nil {
		return err
	}
	return <-ended
}

// startEtcd keeps its data where nobody looks for it again, so it need not be flushed to disk.
func startEtcd(directory string) (*embed.Etcd, error) {
	config := embed.NewConfig()
	config.Dir = directory
	config.LogLevel = "error"
	config.UnsafeNoFsync = true
	local := url.URL{Scheme: "http", Host: "127.0.0.1:0"}
	config.ListenPeerUrls = []url.URL{local}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	client := url.URL{Scheme: "http", Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port))}
	config.ListenClientUrls = []url.URL{client}
	config.AdvertiseClientUrls = []url.URL{client}
	etcd, err := embed.StartEtcd(config)
	if err != nil {
		return nil, err
	}
	select {
	case <-etcd.Server.ReadyNotify():
		return etcd, nil
	case err := <-etcd.Err():
		return nil, err
	case <-time.After(patience):
		return nil, errors.New("not ready in time")
	}
}

// prepare writes the files that the API server wants, and finds it a port.
func prepare(directory, admin string) (tokens, key string, port int, err error) {
	tokens = filepath.Join(directory, "tokens.csv")
	if err = os.WriteFile(tokens, []byte(admin+`,admin,admin,"system:masters"`+"\n"), 0o600); err != nil {
		return
	}
	signing, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return
	}
	key = filepath.Join(directory, "service-account.key")
	block := pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(signing)}
	if err = os.WriteFile(key, pem.EncodeToMemory(&block), 0o600); err != nil {
		return
	}
	port, err = freePort()
	return
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// waitUntilReady also waits for the certificate, which the API server makes for itself.
func waitUntilReady(cluster ready, token string) error {
	deadline := time.Now().Add(patience)
	var last error
	for time.Now().Before(deadline) {
		if last = isReady(cluster, token); last == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return fmt.Errorf("the API server is not ready in time: %w", last)
}

func isReady(cluster ready, token string) error {
	certificate, err := os.ReadFile(cluster.CertificateAuthority)
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(certificate)
	client := http.Client{
		Timeout:   5 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true},
	}
	// The namespace comes a moment after the server says that it is ready.
	for _, path := range []string{"/readyz", "/api/v1/namespaces/default"} {
		request, err := http.NewRequest(http.MethodGet, cluster.Server+path, nil)
		if err != nil {
			return err
		}
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answers %s", path, response.Status)
		}
	}
	return nil
}

func writeKubeconfig(cluster ready, token string) error {
	named := func(name, kind string, value any) []any {
		return []any{map[string]any{"name": name, kind: value}}
	}
	kubeconfig, err := json.MarshalIndent(map[string]any{
		"apiVersion":      "v1",
		"kind":            "Config",
		"current-context": "test",
		"clusters": named("test", "cluster", map[string]string{
			"server":                cluster.Server,
			"certificate-authority": cluster.CertificateAuthority,
		}),
		"users":    named("admin", "user", map[string]string{"token": token}),
		"contexts": named("test", "context", map[string]string{"cluster": "test", "user": "admin"}),
	}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(cluster.Kubeconfig, kubeconfig, 0o600)
}
