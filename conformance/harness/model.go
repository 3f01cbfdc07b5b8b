package harness

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

// ModelVariable names the environment variable that holds the absolute path of
// the example `plan_model` of the crate external-dns.
const ModelVariable = "EDTM_PLAN_MODEL"

// AskModel sends cases to the Rust model of ExternalDNS and returns its answers,
// in the same order.
func AskModel[Case, Answer any](tb testing.TB, mode string, cases []Case) []Answer {
	tb.Helper()
	path := executable(tb, ModelVariable,
		"target/release/examples/plan_model", "cargo build --release -p external-dns --example plan_model")
	var input bytes.Buffer
	encoder := json.NewEncoder(&input)
	for _, question := range cases {
		if err := encoder.Encode(question); err != nil {
			tb.Fatal(err)
		}
	}
	arguments := []string{}
	if mode != "" {
		arguments = append(arguments, mode)
	}
	command := exec.Command(path, arguments...)
	command.SysProcAttr = childAttributes()
	command.Stdin = &input
	var failures strings.Builder
	command.Stderr = &failures
	output, err := command.Output()
	if err != nil {
		tb.Fatalf("plan_model %s: %v: %s", mode, err, failures.String())
	}
	answers := make([]Answer, 0, len(cases))
	lines := bufio.NewScanner(bytes.NewReader(output))
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var answer Answer
		if err := json.Unmarshal(lines.Bytes(), &answer); err != nil {
			tb.Fatalf("plan_model %s answered %s: %v", mode, lines.Text(), err)
		}
		answers = append(answers, answer)
	}
	if err := lines.Err(); err != nil {
		tb.Fatal(err)
	}
	if len(answers) != len(cases) {
		tb.Fatalf("plan_model %s gave %d answers to %d cases", mode, len(answers), len(cases))
	}
	return answers
}
