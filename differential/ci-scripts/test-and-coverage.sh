# needs jq
# Tests first, then how much they cover.
opa test policies data -v | sed -E 's/\([0-9.]+(ns|µs|ms|s)\)/(TIME)/' | sort
opa test policies data --format json | jq -c '[sort_by(.name)[] | {name, package, skip: (.skip // false), fail: (.fail // false)}]'
opa test -z policies data > /dev/null && echo "skipped tests are no failure"
opa test --coverage --format json policies data | jq -c '{coverage: (.coverage * 10 | floor), files: (.files | keys)}'
opa test --coverage --threshold 90 policies data > /dev/null 2> missed.txt
echo "status $?"
head -1 missed.txt
opa test --run 'test_ours' policies data | tail -1
cat > failing_test.rego << 'EOF'
package failing_test

test_sum if 1 + 1 == 3
EOF
opa test failing_test.rego > failed.txt
echo "status $?"
sed -E 's/\([0-9.]+(ns|µs|ms|s)\)/(TIME)/' failed.txt
