package harness

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	runtimelog "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/yaml"
)

// APIServer is a real kube-apiserver with ExternalDNS's definition of DNSEndpoint.
type APIServer struct {
	// Kubeconfig is that of an administrator.
	Kubeconfig string

	config *rest.Config
}

var (
	apiServer      *APIServer
	apiServerError error
	startAPIServer sync.Once
	// stopAPIServer ends it with the process at the latest, by its standard input.
	stopAPIServer = func() {}
)

// definitions is where an API server keeps what DNSEndpoint is.
var (
	definitions  = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
	dnsEndpoints = schema.GroupVersionResource{Group: "externaldns.k8s.io", Version: "v1alpha1", Resource: "dnsendpoints"}
)

// apiServerProgram and dnsEndpointDefinition are the variables that name the program of the API server, and what
// DNSEndpoint is.
const (
	apiServerProgram      = "EDTM_TEST_CLUSTER"
	dnsEndpointDefinition = "EDTM_DNSENDPOINT_CRD"
)

// NeedAPIServer skips a test where there is no API server: building one takes too long to do it unasked. The stage
// `cluster` of .ci/run says so, too.
func NeedAPIServer(tb testing.TB) {
	tb.Helper()
	if os.Getenv(apiServerProgram) == "" {
		tb.Skip(apiServerProgram + " is not set; the stage `cluster` of .ci/run sets it")
	}
}

// SharedAPIServer returns the one of this process; each test uses namespaces of its own.
func SharedAPIServer(tb testing.TB) *APIServer {
	tb.Helper()
	startAPIServer.Do(func() { apiServer, apiServerError = launchAPIServer() })
	if apiServerError != nil {
		tb.Fatalf("start the API server: %v", apiServerError)
	}
	return apiServer
}

// StopAPIServer ends the one of this process, if it was started.
func StopAPIServer() { stopAPIServer() }

func launchAPIServer() (*APIServer, error) {
	// The crd source's library complains about a logger that nobody has set.
	runtimelog.SetLogger(logr.Discard())
	command := exec.Command(os.Getenv(apiServerProgram))
	command.SysProcAttr = childAttributes()
	input, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	stopAPIServer = func() {
		_ = input.Close()
		_ = command.Wait()
	}
	line, err := bufio.NewReader(output).ReadBytes('\n')
	if err != nil {
		return nil, err
	}
	var ready struct {
		Kubeconfig string `json:"kubeconfig"`
	}
	if err := json.Unmarshal(line, &ready); err != nil {
		return nil, err
	}
	config, err := clientcmd.BuildConfigFromFlags("", ready.Kubeconfig)
	if err != nil {
		return nil, err
	}
	server := &APIServer{Kubeconfig: ready.Kubeconfig, config: config}
	return server, server.define()
}

// define installs ExternalDNS's definition of DNSEndpoint and waits until it is served.
func (s *APIServer) define() error {
	text, err := os.ReadFile(os.Getenv(dnsEndpointDefinition))
	if err != nil {
		return err
	}
	definition := &unstructured.Unstructured{}
	if err := yaml.Unmarshal(text, &definition.Object); err != nil {
		return err
	}
	client, err := dynamic.NewForConfig(s.config)
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(context.Background(), startLimit)
	defer stop()
	if _, err := client.Resource(definitions).Create(ctx, definition, metav1.CreateOptions{}); err != nil {
		return err
	}
	for {
		_, err := client.Resource(dnsEndpoints).List(ctx, metav1.ListOptions{})
		if err == nil || ctx.Err() != nil {
			return err
		}
		time.Sleep(pollInterval)
	}
}

// Namespace makes a namespace that no other test uses.
func (s *APIServer) Namespace(tb testing.TB, name string) string {
	tb.Helper()
	client, err := kubernetes.NewForConfig(s.config)
	if err != nil {
		tb.Fatal(err)
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: name + "-"}}
	made, err := client.CoreV1().Namespaces().Create(context.Background(), namespace, metav1.CreateOptions{})
	if err != nil {
		tb.Fatalf("make the namespace %s: %v", name, err)
	}
	return made.Name
}

// DNSEndpoints returns the target of each DNSEndpoint of a namespace by its host.
func (s *APIServer) DNSEndpoints(tb testing.TB, namespace string) map[string]string {
	tb.Helper()
	client, err := dynamic.NewForConfig(s.config)
	if err != nil {
		tb.Fatal(err)
	}
	list, err := client.Resource(dnsEndpoints).Namespace(namespace).List(context.Background(), metav1.ListOptions{})
	if err != nil {
		tb.Fatalf("list the DNSEndpoint objects of %s: %v", namespace, err)
	}
	found := map[string]string{}
	for _, object := range list.Items {
		var spec struct {
			Spec struct {
				Endpoints []struct {
					DNSName string   `json:"dnsName"`
					Targets []string `json:"targets"`
				} `json:"endpoints"`
			} `json:"spec"`
		}
		text, err := object.MarshalJSON()
		if err == nil {
			err = json.Unmarshal(text, &spec)
		}
		if err != nil {
			tb.Fatalf("read the DNSEndpoint %s: %v", object.GetName(), err)
		}
		for _, record := range spec.Spec.Endpoints {
			found[record.DNSName] = strings.Join(record.Targets, ",")
		}
	}
	return found
}
