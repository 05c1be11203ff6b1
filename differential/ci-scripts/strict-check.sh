# needs jq
# Errors as JSON for annotations of a pull request.
opa check --strict policies && echo clean
cat > broken.rego << 'EOF'
package broken

import data.unused

p if {
	x := 1
	y == 2
}
EOF
opa check --strict --format json broken.rego 2> errors.json
echo "status $?"
jq -r '.errors[] | "::error file=\(.location.file),line=\(.location.row)::\(.code): \(.message)"' errors.json
opa check broken.rego 2>&1 | head -1
opa check -S policies broken.rego > /dev/null 2>&1 || echo refused
