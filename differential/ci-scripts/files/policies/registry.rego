# METADATA
# title: images come from our registry
# custom:
#   severity: HIGH
package registry

import data.registries

deny contains msg if {
	some container in input.spec.containers
	not trusted(container.image)
	msg := sprintf("container %q: image %q is not from %s", [container.name, container.image, concat(", ", registries)])
}

trusted(image) if {
	some registry in registries
	startswith(image, registry)
}
