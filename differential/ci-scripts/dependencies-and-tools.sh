# needs jq
# What the policies need: documents, builtins, capabilities, places.
opa deps -d policies -f json data.registry.deny | jq -c .
opa deps -d policies data.labels.allow
opa inspect -a policies/registry.rego -f json | jq -c '.annotations[0].annotations | {title, custom}'
opa parse policies/untidy.rego -f json | jq -c '[.rules[].head.name]'
opa capabilities --version v1.0.0 | jq '.builtins | length'
opa capabilities | tail -1
opa capabilities --current | jq -c '[.builtins[].name | select(startswith("graph."))]'
opa version | grep -E '^(Version|Rego Version):'
opa check --capabilities v0.40.0 policies/labels.rego 2>&1 | tail -1
opa nosuch 2>&1 | head -1
