# One file after the other; what is denied is told, and the job fails.
status=0
for file in manifests/*; do
  if opa eval --fail-defined --format raw --data policies --data data --input "$file" 'data.registry.deny[message]' > denied.txt; then
    echo "ok     $file"
  else
    echo "denied $file"
    sort denied.txt
    status=1
  fi
done
exit $status
