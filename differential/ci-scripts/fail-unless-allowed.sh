# --fail: undefined and empty answers fail, false does not.
set -u
for query in data.labels.allow 'data.labels.allow == true' data.labels.violation data.labels.nothing; do
  for file in good bad plain; do
    path=$(ls manifests/$file.*)
    opa eval --fail -f discard -d policies -d data -i "$path" "$query" > /dev/null
    echo "$query $file $?"
  done
done
