# Pods of the namespace "harbour" carry a team, and get an owner.
package kubernetes.admission

import rego.v1

deny contains "a pod needs the label team" if {
	input.request.kind.kind == "Pod"
	not input.request.object.metadata.labels.team
}

patch contains {"op": "add", "path": "/metadata/labels/owner", "value": "harbour-master"} if {
	input.request.kind.kind == "Pod"
	input.request.operation == "CREATE"
	input.request.object.metadata.labels.team
}
