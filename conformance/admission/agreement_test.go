package admission

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/cel/environment"
	"sigs.k8s.io/yaml"
)

// CorpusVariable names the environment variable that holds the absolute path of
// the program that writes the corpus.
const CorpusVariable = "EDTM_ADMISSION_CORPUS"

// fewestObjects are enough to believe it.
const fewestObjects = 5_000

// finding is what the parser says about an object.
type finding struct {
	Annotation string
	Message    string
	// Exception is the number of the row that says why the policy is silent.
	Exception *int
}

// outline is the first line of the corpus: what it knows about the policy.
type outline struct {
	Rules []struct {
		Blames string
		Loose  bool
		Late   bool
	}
	Exceptions []struct{ Annotation, Message, Why string }
}

// example is one object, and what the parser and `validate` say about it.
type example struct {
	Prefix, Group, Version, Resource string
	Object                           map[string]any
	Mistakes, Warnings               []finding
	Validate, Doubts                 []string
}

func repository(tb testing.TB) string {
	tb.Helper()
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		tb.Fatal("the path of this file is unknown; was the test built with -trimpath?")
	}
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}

// policies reads the committed ones, by name.
func policies(tb testing.TB) map[string]*admissionregistrationv1.ValidatingAdmissionPolicy {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(repository(tb), "deploy/admission/policy.yaml"))
	if err != nil {
		tb.Fatal(err)
	}
	found := map[string]*admissionregistrationv1.ValidatingAdmissionPolicy{}
	bound := map[string]bool{}
	for _, document := range bytes.Split(text, []byte("\n---\n")) {
		var policy admissionregistrationv1.ValidatingAdmissionPolicy
		if err := yaml.UnmarshalStrict(document, &policy); err == nil && policy.Kind == "ValidatingAdmissionPolicy" {
			found[policy.Name] = &policy
			continue
		}
		var binding admissionregistrationv1.ValidatingAdmissionPolicyBinding
		if err := yaml.UnmarshalStrict(document, &binding); err != nil {
			tb.Fatalf("neither a policy nor a binding: %v", err)
		}
		bound[binding.Spec.PolicyName] = true
	}
	for name := range found {
		if !bound[name] {
			tb.Errorf("policy %s has no binding", name)
		}
	}
	return found
}

// corpus runs the program that writes it.
func corpus(tb testing.TB) (outline, []example) {
	tb.Helper()
	program := os.Getenv(CorpusVariable)
	if program == "" {
		program = filepath.Join(repository(tb), "target/release/examples/admission_corpus")
	}
	output, err := exec.Command(program).Output()
	if err != nil {
		tb.Fatalf("the corpus is missing: %v (run `cargo build --release -p admission --example admission_corpus` in the repository, or set %s)", err, CorpusVariable)
	}
	lines := bufio.NewScanner(bytes.NewReader(output))
	lines.Buffer(nil, 1<<20)
	var first outline
	var examples []example
	for number := 0; lines.Scan(); number++ {
		var one example
		target := any(&one)
		if number == 0 {
			target = &first
		}
		if err := json.Unmarshal(lines.Bytes(), target); err != nil {
			tb.Fatal(err)
		}
		if number > 0 {
			examples = append(examples, one)
		}
	}
	if err := lines.Err(); err != nil {
		tb.Fatalf("the corpus is cut short after %d objects: %v", len(examples), err)
	}
	return first, examples
}

// TestParserValidateAndPolicyAgree is the promise of the policy: what it says is
// true, and what the parser says it says too, but for a list of exceptions.
func TestParserValidateAndPolicyAgree(t *testing.T) {
	known, examples := corpus(t)
	if len(examples) < fewestObjects {
		t.Fatalf("%d objects are too few", len(examples))
	}
	all := policies(t)
	compiled := func(since *version.Version) map[string]engine {
		engines := map[string]engine{}
		for name, policy := range all {
			engines[name] = compile(t, policy, since)
		}
		return engines
	}
	t.Run("this Kubernetes", func(t *testing.T) {
		t.Parallel()
		agree(t, known, examples, compiled(environment.DefaultCompatibilityVersion()))
	})
	// Kubernetes takes of new objects what the release before it could do. What
	// the expressions mean has not changed since, so a part of the objects will do.
	t.Run("Kubernetes 1.31", func(t *testing.T) {
		t.Parallel()
		var some []example
		for i := 0; i < len(examples); i += 5 {
			some = append(some, examples[i])
		}
		agree(t, known, some, compiled(version.MajorMinor(1, 30)))
	})
}

func agree(t *testing.T, known outline, examples []example, engines map[string]engine) {
	broken := make([]int, len(known.Rules))
	excepted := make([]int, len(known.Exceptions))
	var disagreements []string
	valid, said, matched := 0, 0, 0
	for _, one := range examples {
		object := &unstructured.Unstructured{Object: one.Object}
		resource := schema.GroupVersionResource{Group: one.Group, Version: one.Version, Resource: one.Resource}
		of := func(what string) verdict {
			engine, ok := engines["external-dns-traffic-manager-"+what+"."+strings.TrimSuffix(one.Prefix, "/")]
			if !ok {
				t.Fatalf("there is no policy about %s for %s", what, one.Prefix)
			}
			return engine.evaluate(object, nil, resource)
		}
		disagree := func(format string, arguments ...any) {
			annotations, _ := json.Marshal(object.GetAnnotations())
			disagreements = append(disagreements, fmt.Sprintf(format, arguments...)+"\n    "+string(annotations))
		}
		mistakes := of("mistakes")
		for _, text := range mistakes.errors {
			disagree("the engine fails: %s", text)
		}
		valid += btoi(len(one.Mistakes) == 0)
		for _, rule := range keys(mistakes.messages) {
			broken[rule]++
			said++
		}
		excused, exact := compare(known, one.Mistakes, mistakes.messages, disagree)
		matched += exact
		for _, row := range excused {
			excepted[row]++
		}
		var texts []string
		for _, mistake := range one.Mistakes {
			texts = append(texts, mistake.Message)
		}
		slices.Sort(texts)
		if !slices.Equal(texts, one.Validate) {
			disagree("the parser says %q, and validate %q", texts, one.Validate)
		}
		doubts(one, of("doubts"), disagree)
	}
	isWhole := len(examples) >= fewestObjects
	for rule, times := range broken {
		if !isWhole {
			break
		}
		if times == 0 || times == len(examples) {
			t.Errorf("rule %d (%s) is broken by %d of %d objects", rule, known.Rules[rule].Blames, times, len(examples))
		}
	}
	for row, times := range excepted {
		exception := known.Exceptions[row]
		t.Logf("%5d times silent: %s %q: %s", times, exception.Annotation, exception.Message, exception.Why)
		if times == 0 && isWhole {
			t.Errorf("the exception %q is not needed", exception.Message)
		}
	}
	t.Logf("%d objects, %d valid; %d rules broken %d times, in the parser's own words %d times; %d disagreements",
		len(examples), valid, len(broken), said, matched, len(disagreements))
	for i, text := range disagreements {
		if i == 20 {
			break
		}
		t.Error(text)
	}
	if len(disagreements) > 0 {
		t.Errorf("%d disagreements", len(disagreements))
	}
}

// compare holds the policy's messages, by rule, against the parser's. It returns
// the exceptions that were needed, and how many messages are the same.
func compare(known outline, mistakes []finding, messages map[int]string, disagree func(string, ...any)) ([]int, int) {
	same := func(mistake finding, rule int) bool {
		policy := known.Rules[rule]
		return unescaped(mistake.Message) == messages[rule] || (policy.Loose && mistake.Annotation == policy.Blames)
	}
	var excused []int
	exact := 0
	for _, mistake := range mistakes {
		heard := false
		for rule := range messages {
			heard = heard || same(mistake, rule)
		}
		switch {
		case heard:
		case mistake.Exception != nil:
			excused = append(excused, *mistake.Exception)
		default:
			disagree("the policy is silent: %s", mistake.Message)
		}
	}
	for _, rule := range keys(messages) {
		heard := false
		for _, mistake := range mistakes {
			heard = heard || same(mistake, rule)
			exact += btoi(unescaped(mistake.Message) == messages[rule])
		}
		// The parser looks at some things only when nothing else is wrong.
		if !heard && (!known.Rules[rule].Late || len(mistakes) == 0) {
			disagree("only the policy says, by rule %d: %s", rule, messages[rule])
		}
	}
	return excused, exact
}

// unescaped has characters such as no-break spaces as they are: the parser quotes
// more of them than CEL does.
func unescaped(message string) string {
	return escape.ReplaceAllStringFunc(message, func(text string) string {
		code, err := strconv.ParseInt(escape.FindStringSubmatch(text)[1], 16, 32)
		if err != nil {
			return text
		}
		return string(rune(code))
	})
}

var escape = regexp.MustCompile(`\\u\{([0-9a-f]+)\}`)

// doubts compares what is only a warning: names that do not exist, of which the
// policy names the first, and regions.
func doubts(one example, said verdict, disagree func(string, ...any)) {
	const unknown, region = 0, 2
	for _, text := range said.errors {
		disagree("the engine fails: %s", text)
	}
	isUnknown := func(warning finding) bool { return strings.Contains(warning.Message, "there is no such annotation") }
	if _, ok := said.messages[unknown]; ok != slices.ContainsFunc(one.Warnings, isUnknown) {
		disagree("about unknown names the parser says %v, and the policy %v", one.Warnings, said.messages)
	}
	isRegion := func(warning finding) bool { return strings.Contains(warning.Message, "no such Azure region") }
	if _, ok := said.messages[region]; ok != slices.ContainsFunc(one.Warnings, isRegion) {
		disagree("about the region the parser says %v, and the policy %v", one.Warnings, said.messages)
	}
}

func keys(messages map[int]string) []int {
	var rules []int
	for rule := range messages {
		rules = append(rules, rule)
	}
	slices.Sort(rules)
	return rules
}

func btoi(is bool) int {
	if is {
		return 1
	}
	return 0
}
