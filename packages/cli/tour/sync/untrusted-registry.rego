package dock

# Pods in the cluster whose images come from elsewhere.
untrusted contains name if {
	some namespace, name
	some container in data.kubernetes.pods[namespace][name].spec.containers
	not startswith(container.image, "registry.example.com/")
}
