# Standard input as input, as query, and in several lines.
cat manifests/plain.yaml | opa eval -I -d policies -d data -f pretty 'data.registry.deny; data.labels.allow'
echo 'data.labels.violation' | opa eval --stdin -d policies -d data -i manifests/bad.json -f values
printf 'x := 1\nx + 1\n' | opa run 2> /dev/null | tail -1
opa eval -f bindings 'some name in ["a", "b"]; upper(name) = big' | tr -d ' \n'
echo
name=$(opa eval -f raw -i manifests/good.json 'input.metadata.name')
echo "name is $name"
opa eval -f raw 'undefined_function(1)' 2>&1
echo "status $?"
OPA_EVAL_FORMAT=raw opa eval 'concat("-", ["a", "b"])'
