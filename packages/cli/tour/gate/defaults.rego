# Pods in the namespace "shop" get an owner label and may not gain privileges, unless they say otherwise.
package kubernetes.admission.defaults

import rego.v1

in_shop if {
	input.request.kind.kind == "Pod"
	input.request.operation == "CREATE"
	input.request.namespace == "shop"
}

patch contains {"op": "add", "path": "/metadata/labels/owner", "value": "team-shop"} if {
	in_shop
	not input.request.object.metadata.labels.owner
	input.request.object.metadata.labels
}

patch contains {"op": "add", "path": path, "value": {"allowPrivilegeEscalation": false}} if {
	in_shop
	some i, container in input.request.object.spec.containers
	not container.securityContext
	path := sprintf("/spec/containers/%d/securityContext", [i])
}
