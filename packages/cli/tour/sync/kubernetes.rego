package kubernetes

example := "Hello, Kubernetes!"
