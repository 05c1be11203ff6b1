# needs jq
# What is left to decide when the data is known: residual rules for another engine.
opa eval --partial --unknowns input -f source -d policies -d data 'data.labels.allow == true'
opa eval --partial -u input -f json -d policies/labels.rego -d data 'data.labels.allow == true' | jq -c '.partial.queries | length'
opa eval -p -u input -f pretty -d policies/labels.rego -d data 'data.labels.allow == false'
