module peer

go 1.24.0

require github.com/google/cel-go v0.26.0
