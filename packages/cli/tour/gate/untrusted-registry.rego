# Only images from our own registry may run.
package kubernetes.admission

import rego.v1

trusted := ["registry.example.com/", "registry.k8s.io/"]

deny contains msg if {
	input.request.kind.kind == "Pod"
	some container in input.request.object.spec.containers
	not from_trusted(container.image)
	msg := sprintf("image %q comes from an untrusted registry", [container.image])
}

from_trusted(image) if {
	some prefix in trusted
	startswith(image, prefix)
}
