// Package admission evaluates the committed admission policies with the engine
// of a Kubernetes API server.
package admission

import (
	"context"
	"fmt"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

// engine is one policy, compiled.
type engine struct {
	policy    *admissionregistrationv1.ValidatingAdmissionPolicy
	validator validating.Validator
}

// compile puts a policy together as the API server's admission plugin does, by
// the exported parts of it, with what CEL could do since that release of Kubernetes.
func compile(tb testing.TB, policy *admissionregistrationv1.ValidatingAdmissionPolicy, since *version.Version) engine {
	tb.Helper()
	declared := cel.OptionalVariableDeclarations{HasAuthorizer: true}
	ofMessages := cel.OptionalVariableDeclarations{}
	compiler, err := cel.NewCompositedCompiler(environment.MustBaseEnvSet(since))
	if err != nil {
		tb.Fatal(err)
	}
	var variables []cel.NamedExpressionAccessor
	for _, variable := range policy.Spec.Variables {
		variables = append(variables, &validating.Variable{Name: variable.Name, Expression: variable.Expression})
	}
	compiler.CompileAndStoreVariables(variables, declared, environment.NewExpressions)
	var conditions, expressions, messages []cel.ExpressionAccessor
	for i := range policy.Spec.MatchConditions {
		conditions = append(conditions, (*matchconditions.MatchCondition)(&policy.Spec.MatchConditions[i]))
	}
	for _, validation := range policy.Spec.Validations {
		expressions = append(expressions, &validating.ValidationCondition{Expression: validation.Expression, Message: validation.Message})
		messages = append(messages, &validating.MessageExpressionCondition{MessageExpression: validation.MessageExpression})
	}
	matcher := matchconditions.NewMatcher(compiler.CompileCondition(conditions, declared, environment.NewExpressions),
		policy.Spec.FailurePolicy, "policy", "validate", policy.Name)
	return engine{policy, validating.NewValidator(
		compiler.CompileCondition(expressions, declared, environment.NewExpressions),
		matcher,
		compiler.CompileCondition(nil, declared, environment.NewExpressions),
		compiler.CompileCondition(messages, ofMessages, environment.NewExpressions),
		policy.Spec.FailurePolicy,
		nil,
	)}
}

// verdict is what a policy says about an object.
type verdict struct {
	// Messages of the rules that are broken, by the number of the rule.
	messages map[int]string
	// errors of the evaluation; there should be none.
	errors []string
}

// evaluate asks the policy about an object that is created, or that replaces an
// old one.
func (e engine) evaluate(object, old *unstructured.Unstructured, resource schema.GroupVersionResource) verdict {
	kind := object.GroupVersionKind()
	operation, options := admission.Create, runtime.Object(&metav1.CreateOptions{})
	// No object at all is another thing than an object that is nil.
	var before runtime.Object
	if old != nil {
		operation, options, before = admission.Update, &metav1.UpdateOptions{}, old
	}
	attributes := admission.NewAttributesRecord(object, before, kind, object.GetNamespace(), object.GetName(),
		resource, "", operation, options, false, nil)
	versioned := &admission.VersionedAttributes{
		Attributes: attributes, VersionedKind: kind, VersionedObject: object, VersionedOldObject: before,
	}
	result := e.validator.Validate(context.Background(), resource, versioned, nil, nil, celconfig.RuntimeCELCostBudget, nil)
	said := verdict{messages: map[int]string{}}
	for i, decision := range result.Decisions {
		switch {
		case decision.Evaluation == validating.EvalError:
			said.errors = append(said.errors, fmt.Sprintf("rule %d: %s", i, decision.Message))
		case decision.Action == validating.ActionDeny:
			said.messages[i] = decision.Message
		}
	}
	return said
}
