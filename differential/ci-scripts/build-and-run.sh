# needs curl
# A bundle is built, served and asked.
opa build --optimize 1 --entrypoint labels/allow --revision "v1.2.3" policies data -o app.tar.gz || exit 1
opa run --server --addr "127.0.0.1:$PORT" --log-level error --disable-telemetry --bundle app.tar.gz > /dev/null 2>&1 &
server=$!
for _ in $(seq 100); do curl -sf "http://127.0.0.1:$PORT/health" > /dev/null && break; sleep 0.2; done
for file in good bad; do
  curl -s -H 'Content-Type: application/json' -d "{\"input\": $(cat manifests/$file.json)}" "http://127.0.0.1:$PORT/v1/data/labels/allow"
done
curl -s -o /dev/null -w '%{http_code}\n' "http://127.0.0.1:$PORT/v1/data/nothing/here" -d '{"input": {}}'
kill "$server"
wait "$server"
echo "ended"
