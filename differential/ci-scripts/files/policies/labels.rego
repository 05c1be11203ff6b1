package labels

# METADATA
# entrypoint: true
default allow := false

allow if {
	input.metadata.labels.team in data.teams
}

violation[name] := value if {
	some name, value in input.metadata.labels
	not regex.match(`^[a-z-]+$`, value)
}
