package pods

# Every container must say which user it runs as, and come from our own registry.

deny contains message if {
	some container in input.spec.containers
	not startswith(container.image, "registry.example.com/")
	message := sprintf("container %s: image %s is not ours", [container.name, container.image])
}

deny contains message if {
	some container in input.spec.containers
	not container.securityContext.runAsNonRoot
	message := sprintf("container %s may run as root", [container.name])
}

default allow := false

allow if count(deny) == 0
