package pods_test

import data.pods

container := {
	"name": "till",
	"image": "registry.example.com/shop/till:1.4",
	"securityContext": {"runAsNonRoot": true},
}

pod(container) := {"spec": {"containers": [container]}}

test_good_pod_is_allowed if pods.allow with input as pod(container)

test_foreign_image_is_denied if {
	foreign := object.union(container, {"image": "docker.io/evil/miner"})
	some message in pods.deny with input as pod(foreign)
	contains(message, "is not ours")
}
