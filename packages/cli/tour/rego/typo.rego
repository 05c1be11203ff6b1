package typo

deny contains message if {
	some container in input.spec.containers
	container.securityContext.privileged
	message := sprintf("container %s is privileged", [contaner.name])
}
