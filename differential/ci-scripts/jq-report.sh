# needs jq
# The answers of all files as one report, by jq.
set -e
for file in manifests/*.json; do
  opa eval -f json -d policies -d data -i "$file" 'data.registry.deny' |
    jq -c --arg file "$file" '{file: $file, denied: (.result[0].expressions[0].value | length), messages: (.result[0].expressions[0].value)}'
done | jq -s '{files: length, denied: (map(select(.denied > 0)) | length), first: (map(select(.denied > 0))[0].messages[0])}'
opa eval -f json '1 + 1' | jq -e '.result[0].expressions[0].value == 2'
opa eval -f json 'input.nothing' | jq -c .
opa eval -f json 'x :=' | jq -c '.errors[0] | {message, code, row: .location.row, col: .location.col}'
