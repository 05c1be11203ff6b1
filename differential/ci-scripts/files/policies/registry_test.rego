package registry_test

import data.registry

pod(image) := {"spec": {"containers": [{"name": "web", "image": image}]}}

test_ours if count(registry.deny) == 0 with input as pod("registry.example/web:1")

test_others if count(registry.deny) == 1 with input as pod("docker.io/web:1")

todo_test_init_containers if false
