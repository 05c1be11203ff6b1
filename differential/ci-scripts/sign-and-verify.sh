# needs jq
# A signed bundle; what was changed behind the signature is refused.
set -e
mkdir bundle && cp policies/labels.rego data/data.json bundle
echo '{"revision": "r1", "roots": ["labels", "teams", "registries"]}' > bundle/.manifest
opa sign --signing-key topsecret --signing-alg HS256 --bundle bundle
cp .signatures.json bundle
cut -d . -f 2 .signatures.json | jq -R '.' > /dev/null
opa build -b bundle --verification-key topsecret --signing-alg HS256 --signing-key topsecret -o signed.tar.gz
tar tzf signed.tar.gz | sort
opa eval -b signed.tar.gz -f raw 'data.teams[0]'
opa inspect signed.tar.gz -f json | jq -c '{manifest, namespaces: (.namespaces | keys)}'
echo 'package labels' >> bundle/labels.rego
opa build -b bundle --verification-key topsecret --signing-alg HS256 -o x.tar.gz || echo "refused"
opa build -b bundle --verification-key wrong --signing-alg HS256 -o x.tar.gz || echo "refused"
