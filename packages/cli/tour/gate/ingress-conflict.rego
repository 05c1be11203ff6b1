# No two Ingresses may claim the same host, in whatever namespace they are.
package kubernetes.admission.ingress

import data.kubernetes.ingresses
import rego.v1

deny contains msg if {
	input.request.kind.kind == "Ingress"
	some rule in input.request.object.spec.rules
	some namespace, name
	ingresses[namespace][name].spec.rules[_].host == rule.host
	not itself(namespace, name)
	msg := sprintf("ingress host %q is already taken by %s/%s", [rule.host, namespace, name])
}

itself(namespace, name) if {
	namespace == input.request.namespace
	name == input.request.name
}
