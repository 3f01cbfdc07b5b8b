package admission

import (
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/cel/environment"
)

const (
	prefix = "external-dns.kubernetes.io/"
	ours   = prefix + "webhook-traffic-manager-"
)

var services = schema.GroupVersionResource{Version: "v1", Resource: "services"}

func service(annotations map[string]string) *unstructured.Unstructured {
	object := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Service",
		"metadata": map[string]any{"name": "sample", "namespace": "default"},
	}}
	if annotations != nil {
		object.SetAnnotations(annotations)
	}
	return object
}

func compiled(t *testing.T, what string) engine {
	t.Helper()
	policy, ok := policies(t)["external-dns-traffic-manager-"+what+"."+strings.TrimSuffix(prefix, "/")]
	if !ok {
		t.Fatalf("there is no policy about %s", what)
	}
	return compile(t, policy, environment.DefaultCompatibilityVersion())
}

// Objects that do not take part are nobody's business, and an object that was bad
// before can be written for other reasons: a controller that adds or removes its
// finalizer must not be refused.
func TestOnlyNewAnnotationsAreJudged(t *testing.T) {
	bad := map[string]string{ours + "enabled": "true", ours + "weight": "heavy"}
	more := map[string]string{ours + "enabled": "true", ours + "weight": "heavy", "other": "1"}
	worse := map[string]string{ours + "enabled": "true", ours + "weight": "heavier"}
	less := map[string]string{ours + "enabled": "true", ours + "weight": "heavy", ours + "priority": "1"}
	two := map[string]string{ours + "enabled": "true", ours + "weight": "heavy", ours + "priority": "first"}
	for name, test := range map[string]struct {
		object, old *unstructured.Unstructured
		judged      bool
	}{
		"no annotations":         {service(nil), nil, false},
		"others":                 {service(map[string]string{"other": "1"}), nil, false},
		"not enabled":            {service(map[string]string{ours + "weight": "heavy"}), nil, false},
		"enabled: false":         {service(map[string]string{ours + "enabled": " False ", ours + "weight": "heavy"}), nil, false},
		"enabled without a word": {service(map[string]string{ours + "enabled": ""}), nil, true},
		"a name in capitals":     {service(map[string]string{ours + "enabled": "true", ours + "Weight": "heavy"}), nil, false},
		"created":                {service(bad), nil, true},
		"as before":              {service(bad), service(bad), false},
		"another annotation":     {service(more), service(bad), false},
		"one annotation less":    {service(bad), service(less), true},
		"another value":          {service(worse), service(bad), true},
		"one of two is mended":   {service(bad), service(two), true},
		"the first annotations":  {service(bad), service(nil), true},
		"the last ones are gone": {service(nil), service(bad), false},
	} {
		t.Run(name, func(t *testing.T) {
			said := compiled(t, "mistakes").evaluate(test.object, test.old, services)
			if len(said.errors) > 0 {
				t.Errorf("the engine fails: %v", said.errors)
			}
			if judged := len(said.messages) > 0; judged != test.judged {
				t.Errorf("judged: %v, wanted %v: %v", judged, test.judged, said.messages)
			}
		})
	}
}

// The doubts are about whatever has an annotation of ours, also where the mistakes are not looked for.
func TestDoubts(t *testing.T) {
	const unknown, disabled, region = 0, 1, 2
	for name, test := range map[string]struct {
		annotations map[string]string
		doubts      []int
	}{
		"none of ours":           {map[string]string{"other": "1"}, nil},
		"good":                   {map[string]string{ours + "enabled": "true", ours + "endpoint-location": "westeurope"}, nil},
		"without enabled":        {map[string]string{ours + "weight": "70"}, []int{disabled}},
		"another prefix enables": {map[string]string{"example.com/webhook-traffic-manager-enabled": "true", ours + "weight": "70"}, []int{disabled}},
		"a name of nothing":      {map[string]string{ours + "enabled": "true", ours + "wieght": "70"}, []int{unknown}},
		"a name in capitals":     {map[string]string{ours + "enabled": "true", ours + "Weight": "70"}, nil},
		"a region of nobody":     {map[string]string{ours + "enabled": "true", ours + "endpoint-location": "westeurop"}, []int{region}},
		"turned off":             {map[string]string{ours + "enabled": "false", ours + "endpoint-location": "westeurop"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			said := compiled(t, "doubts").evaluate(service(test.annotations), nil, services)
			if len(said.errors) > 0 {
				t.Errorf("the engine fails: %v", said.errors)
			}
			if doubts := keys(said.messages); !slices.Equal(doubts, test.doubts) {
				t.Errorf("doubts %v, wanted %v: %v", doubts, test.doubts, said.messages)
			}
		})
	}
}

// Kubernetes stops expressions that cost too much; those of the policies stop by themselves at lists that are longer
// than any good one. A value of more than these 16 KiB, of the 256 that Kubernetes takes, can still be too much: then
// the policy that warns is silent, and the one that denies refuses the object.
func TestLongAnnotationsAreAffordable(t *testing.T) {
	mistakes, doubts := compiled(t, "mistakes"), compiled(t, "doubts")
	names := map[string]bool{}
	for _, variable := range mistakes.policy.Spec.Variables {
		if strings.HasPrefix(variable.Expression, "object.metadata.") {
			names[strings.ReplaceAll(variable.Name, "_", "-")] = true
		}
	}
	if len(names) < 30 {
		t.Fatalf("only %d annotations", len(names))
	}
	for name := range names {
		for _, unit := range []string{"a", "a,", "DE,", "10.0.0.0/8,", "A: 1;", "a=1,", "200,", "/a", "a.", `\;`} {
			text := strings.Repeat(unit, 16<<10/len(unit))
			object := service(map[string]string{ours + "enabled": "true", ours + name: text})
			if name == "enabled" {
				object = service(map[string]string{ours + name: text})
			}
			said := mistakes.evaluate(object, nil, services)
			said.errors = append(said.errors, doubts.evaluate(object, nil, services).errors...)
			if len(said.errors) > 0 {
				t.Errorf("%s of many %q: %v", name, unit, said.errors)
			}
		}
	}
}

// Every message is one that the API server shows: one line, not empty.
func TestRulesHaveMessages(t *testing.T) {
	for _, policy := range policies(t) {
		if len(policy.Spec.Validations) == 0 {
			t.Errorf("%s has no rules", policy.Name)
		}
		for i, validation := range policy.Spec.Validations {
			if validation.MessageExpression == "" {
				t.Errorf("rule %d of %s has no message", i, policy.Name)
			}
		}
	}
}
