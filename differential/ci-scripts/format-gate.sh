# What is not formatted is listed, and fails; -w mends it.
find policies -name '*.rego' | sort | xargs opa fmt -l
find policies -name '*.rego' -print0 | sort -z | xargs -0 opa fmt --fail -l > unformatted.txt 2> /dev/null
echo "status $?, $(wc -l < unformatted.txt | tr -d ' ') files"
opa fmt -d policies/untidy.rego
opa fmt -w policies && opa fmt --fail -l policies
echo "status $?"
cat policies/untidy.rego
opa fmt < policies/untidy.rego | cmp - policies/untidy.rego && echo same
