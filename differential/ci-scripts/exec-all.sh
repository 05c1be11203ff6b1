# needs jq
# One process for all manifests.
mkdir bundle && cp policies/labels.rego policies/registry.rego data/data.json bundle
opa exec --decision labels/allow --bundle bundle manifests | jq -c '.result[] | [.path, .result, .error.code // null]' | sort
opa exec --decision registry/deny -b bundle --fail-non-empty manifests/good.json > /dev/null
echo "good: $?"
opa exec --decision registry/deny -b bundle --fail-non-empty manifests/bad.json manifests/good.json > /dev/null 2>&1
echo "bad: $?"
opa exec --decision labels/allow -b bundle --fail manifests/good.json manifests/bad.json > /dev/null 2>&1
echo "fail: $?"
opa exec --decision labels/nothing -b bundle --fail manifests/good.json > /dev/null 2>&1
echo "undefined: $?"
opa exec --decision labels/violation -b bundle --fail-defined manifests/good.json > /dev/null 2>&1
echo "defined: $?"
cat manifests/bad.json | opa exec --decision labels/allow -b bundle --stdin-input | jq -c '.result[0].result'
