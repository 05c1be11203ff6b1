import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { BoundedHttpCache, compile, jsonText, lookup, type RegoPolicy, type Value } from "@sallyport/rego";
import { createEffects, type EffectsOptions } from "./effects.ts";
import { startServer, startTlsServer, type TestServer, tls } from "./http-send.fixture.ts";

const policy = compile([{ file: "p.rego", text: "package p" }]).policy as RegoPolicy;

let server: TestServer;
let tlsServer: TestServer;
let strictServer: TestServer;
let folder: string;

before(async () => {
  [server, tlsServer, strictServer] = await Promise.all([startServer(), startTlsServer(), startTlsServer(true)]);
  folder = await mkdtemp(join(tmpdir(), "http-send-"));
  writeFileSync(join(folder, "ca.pem"), tls.authority);
  writeFileSync(join(folder, "cert.pem"), tls.client.certificate);
  writeFileSync(join(folder, "key.pem"), tls.client.key);
});

after(async () => {
  for (const each of [server, tlsServer, strictServer]) each.close();
  await rm(folder, { recursive: true });
});

/** JSON of a term, or the message of its error; ports and folders of this run are written as in the cases. */
async function answerOf(term: string, options: EffectsOptions & { readonly nowNs?: bigint } = {}): Promise<string> {
  const effects = createEffects(options);
  const input = {
    http: `http://127.0.0.1:${server.port}`,
    https: `https://localhost:${tlsServer.port}`,
    strict: `https://localhost:${strictServer.port}`,
    folder,
    tls: tls as unknown as Value,
  };
  let text: string;
  try {
    const [bindings] = await policy.queryAsync(`x := ${term}`, {
      input,
      effects: options.nowNs === undefined ? effects : { ...effects, nowNs: options.nowNs },
      strictBuiltinErrors: true,
    });
    text = bindings === undefined ? "undefined" : jsonText(lookup(bindings, "x") as Value);
  } catch (error) {
    text = (error as Error).message;
  }
  for (const [name, { port }] of Object.entries({ http: server, https: tlsServer, strict: strictServer }))
    text = text.replaceAll(`:${port}`, `:${name}`);
  return text.replaceAll(folder, "FOLDER").replace(/^http\.send: /, "");
}

/** A GET, with more fields and perhaps others instead. */
function send(path: string, fields = "{}", base = "http"): string {
  return `http.send(object.union({"method": "get", "url": concat("", [input.${base}, "${path}"])}, ${fields}))`;
}

const soft = '"raise_error": false';
const trusted = '"tls_ca_cert": input.tls.authority';

// Each answer is what `opa eval --strict-builtin-errors` 1.19.1 gives for the same servers.
const cases: readonly [term: string, answer: string][] = [
  [
    `json.remove(${send("/json")}, ["headers/connection", "headers/keep-alive"])`,
    '{"body":{"a":1},"headers":{"content-type":["application/json"]},"raw_body":"{\\"a\\":1}","status":"200 OK","status_code":200}',
  ],
  [`${send("/json?status=404")}.status`, '"404 Not Found"'],
  [`${send("/json", '{"method": "head"}')}.raw_body`, '""'],
  [`${send("/headers")}.headers["x-two"]`, '["a","b"]'],
  [`${send("/gzip")}.body`, '{"a":1}'],
  [`${send("/type?type=application/problem%2Bjson;a=b&body=[1]")}.body`, "[1]"],
  [`${send("/type?type=text/plain&body=[1]")}.body`, "null"],
  [`${send("/type?type=application/x-yaml&body=a:%20b")}.body`, '{"a":"b"}'],
  [`${send("/type?body=[1]", '{"force_json_decode": true}')}.body`, "[1]"],
  [`${send("/type?body=nojson", '{"force_json_decode": true}')}.body`, "null"],
  [`${send("/type?body=a:%20b", '{"force_yaml_decode": true}')}.body`, '{"a":"b"}'],
  [`${send("/echo")}.body`, '{"body":"","headers":{},"method":"GET","url":"/echo"}'],
  [
    `${send("/echo", '{"method": "post"}')}.body`,
    '{"body":"","headers":{"content-length":"0"},"method":"POST","url":"/echo"}',
  ],
  [
    `${send("/echo", '{"method": "post", "body": {"b": ["<&>"]}}')}.body.body`,
    '"{\\"b\\":[\\"\\\\u003c\\\\u0026\\\\u003e\\"]}"',
  ],
  [
    `${send("/echo", '{"method": "put", "raw_body": "x=1", "body": 2, "headers": {"content-type": "a/b", "x-y": "z"}}')}.body`,
    '{"body":"x=1","headers":{"content-length":"3","content-type":"a/b","x-y":"z"},"method":"PUT","url":"/echo"}',
  ],
  [`${send("/host", '{"headers": {"host": "example.com"}}')}.body`, '"example.com"'],
  [`${send("/redirect?status=302&to=/json")}.status_code`, "302"],
  [
    `${send("/redirect?status=302&to=/echo", '{"method": "post", "body": 1, "enable_redirect": true}')}.body`,
    '{"body":"","headers":{"referer":"http://127.0.0.1:http/redirect?status=302&to=/echo"},"method":"GET","url":"/echo"}',
  ],
  // The length, and how it is told, are the client's.
  [
    `${send("/echo", '{"headers": {"Content-Length": "9", "transfer-encoding": "chunked", "Trailer": "x"}}')}.body`,
    '{"body":"","headers":{},"method":"GET","url":"/echo"}',
  ],
  [
    `${send("/echo", '{"method": "put", "raw_body": "x", "headers": {"content-length": "9"}}')}.body`,
    '{"body":"x","headers":{"content-length":"1"},"method":"PUT","url":"/echo"}',
  ],
  // What the request itself lacks is told with the builtin's name, what is met later without.
  [
    send("/json", `{"max_retry_attempts": "1", ${soft}}`),
    '{"error":{"code":"eval_http_send_internal_error","message":"invalid value \\"1\\" for field \\"max_retry_attempts\\""},"status_code":0}',
  ],
  [
    send("/json", `{"cache_ignored_headers": ["x", 1], "headers": {"a": "b"}, ${soft}}`),
    '{"error":{"code":"eval_http_send_internal_error","message":"json: cannot unmarshal number into Go value of type string"},"status_code":0}',
  ],
  // Headers come in Go's order.
  [
    `${send("/echo", '{"method": "put", "raw_body": "x", "headers": {"x-z": "1", "x-a": "2"}}')}.raw_body`,
    '"{\\"method\\":\\"PUT\\",\\"url\\":\\"/echo\\",\\"headers\\":{\\"content-length\\":\\"1\\",\\"x-a\\":\\"2\\",\\"x-z\\":\\"1\\"},\\"body\\":\\"x\\"}"',
  ],
  [
    `${send("/redirect?status=307&to=/echo", '{"method": "post", "body": 1, "enable_redirect": true}')}.body.body`,
    '"1"',
  ],
  [
    send("/redirect?status=302&to=ftp://x/", `{"enable_redirect": true, ${soft}}`),
    '{"error":{"code":"eval_http_send_network_error","message":"Get \\"ftp://x/\\": unsupported protocol scheme \\"ftp\\""},"status_code":0}',
  ],
  [send("/slow", '{"timeout": "30ms"}'), "Get http://127.0.0.1:http/slow: request timed out"],
  [send("/slow", '{"timeout": 30000000}'), "Get http://127.0.0.1:http/slow: request timed out"],
  [
    send("/slow", `{"timeout": "1ns", ${soft}}`),
    '{"error":{"code":"eval_http_send_network_error","message":"Get \\"http://127.0.0.1:http/slow\\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)"},"status_code":0}',
  ],
  [send("/hangup"), 'Get "http://127.0.0.1:http/hangup": EOF'],
  [
    send("", '{"url": "http://127.0.0.1:1/a b"}'),
    'Get "http://127.0.0.1:1/a%20b": dial tcp 127.0.0.1:1: connect: connection refused',
  ],
  [
    send("", '{"url": replace(input.http, "http:", "https:")}'),
    'Get "https://127.0.0.1:http": http: server gave HTTP response to HTTPS client',
  ],
  [send("", '{"url": "x"}'), 'Get "x": unsupported protocol scheme ""'],
  [send("", '{"url": "http:///x"}'), 'Get "http:///x": http: no Host in request URL'],
  [send("", '{"url": ":"}'), 'parse ":": missing protocol scheme'],
  [send("", '{"method": "g t"}'), 'net/http: invalid method "G T"'],
  [send("", '{"method": 1}'), '"method" must be a string'],
  [send("", '{"foo": 1, "bar": 2}'), 'operand 1 invalid request parameters(s): {"bar", "foo"}'],
  ['http.send({"url": "x"})', 'operand 1 missing required request parameters(s): {"method"}'],
  [send("", '{"timeout": []}'), "operand 1 'timeout' must be one of {string, number} but got array"],
  [send("", '{"timeout": "x"}'), 'invalid timeout value "x": time: invalid duration "x"'],
  [send("", '{"timeout": 1.5}'), "invalid timeout number value 1.5, must be int64"],
  [send("", '{"enable_redirect": "x"}'), 'strconv.ParseBool: parsing "\\"x\\"": invalid syntax'],
  [send("", '{"headers": {"a": 1}}'), 'invalid type for headers value "1"'],
  [send("", '{"headers": {"a": null}}'), "invalid type for headers value %!q(<nil>)"],
  [
    send("", '{"headers": {"a": [true, null, {"b": {2}}]}}'),
    'invalid type for headers value [%!q(bool=true) <nil> map["b":["2"]]]',
  ],
  [
    send("/json", '{"headers": {"x a": "b"}}'),
    'Get "http://127.0.0.1:http/json": net/http: invalid header field name "x a"',
  ],
  [
    send("/json", '{"headers": {"a": "b\\nc"}}'),
    'Get "http://127.0.0.1:http/json": net/http: invalid header field value for "A"',
  ],
  [`${send("/type?type=application/json&body=1%202")}.body`, "1"],
  [send("", '{"headers": []}'), "invalid type for headers key"],
  [send("", '{"raise_error": 1}'), "invalid value for raise_error field"],
  [send("", '{"cache": 1}'), 'invalid value for "cache" field'],
  [send("", '{"max_retry_attempts": -1}'), 'invalid value -1 for field "max_retry_attempts"'],
  [send("", '{"force_cache": true}'), "'force_cache' set but 'force_cache_duration_seconds' parameter is missing"],
  [
    send("/json", "{}", "https"),
    'Get "https://localhost:https/json": tls: failed to verify certificate: x509: certificate signed by unknown authority',
  ],
  [`${send("/json", '{"tls_insecure_skip_verify": true}', "https")}.body`, '{"a":1}'],
  [`${send("/json", `{${trusted}}`, "https")}.body`, '{"a":1}'],
  [`${send("/json", '{"tls_ca_cert_file": concat("/", [input.folder, "ca.pem"])}', "https")}.body`, '{"a":1}'],
  [`${send("/json", '{"tls_ca_cert_env_variable": "AUTHORITY"}', "https")}.body`, '{"a":1}'],
  [
    send("/json", `{${trusted}, "tls_server_name": "other"}`, "https"),
    'Get "https://localhost:https/json": tls: failed to verify certificate: x509: certificate is valid for localhost, not other',
  ],
  [send("/json", '{"tls_ca_cert": "x"}', "https"), "could not append certificates"],
  [
    send(
      "/%zz",
      '{"tls_ca_cert": "x", "tls_client_cert_file": "/none", "tls_client_key_file": "/none", "headers": {"a": 1}}',
      "https",
    ),
    "open /none: no such file or directory",
  ],
  [
    send("/%zz", '{"tls_insecure_skip_verify": "1", "timeout": "x"}', "https"),
    'invalid timeout value "x": time: invalid duration "x"',
  ],
  [send("/json", '{"tls_ca_cert_file": "/nonexistent"}', "https"), "open /nonexistent: no such file or directory"],
  [
    send("/json", '{"tls_ca_cert_file": concat("/", [input.folder, "key.pem"])}', "https"),
    'could not append CA certificates from "FOLDER/key.pem"',
  ],
  [
    send("/json", '{"tls_ca_cert_env_variable": "NONE"}', "https"),
    'could not add CA certificates from envvar "NONE": could not append certificates',
  ],
  [
    `${send("/json", `{${trusted}, "tls_client_cert": input.tls.client.certificate, "tls_client_key": input.tls.client.key}`, "strict")}.body`,
    '{"a":1}',
  ],
  [
    `${send("/json", `{${trusted}, "tls_client_cert_file": concat("/", [input.folder, "cert.pem"]), "tls_client_key_file": concat("/", [input.folder, "key.pem"])}`, "strict")}.body`,
    '{"a":1}',
  ],
  [
    send(
      "/json",
      `{${trusted}, "tls_client_cert": input.tls.client.certificate, "tls_client_key": input.tls.server.key}`,
      "strict",
    ),
    "tls: private key does not match public key",
  ],
  [`${send("/json", `{${trusted}, ${soft}}`, "strict")}.error.code`, '"eval_http_send_network_error"'],
];

for (const [term, answer] of cases) {
  test(term, async () => assert.equal(await answerOf(term, { env: { AUTHORITY: tls.authority } }), answer));
}

/** Requests that reached the server while a term was answered. */
async function requestsOf(act: () => Promise<unknown>): Promise<readonly string[]> {
  const from = server.requests.length;
  await act();
  return server.requests.slice(from);
}

test("within a query the same request is sent once, failures too; other statuses are asked for again", async () => {
  const twice = (term: string): string => `[x | some i in [1, 2]; x := object.get(${term}, "status_code", i)]`;
  assert.deepEqual(await requestsOf(() => answerOf(twice(send("/json")))), ["GET /json"]);
  assert.deepEqual(await requestsOf(() => answerOf(twice(send("/hangup", `{"method": "post", ${soft}}`)))), [
    "POST /hangup",
  ]);
  const ignoring = '{"headers": {"a": sprintf("%d", [i])}, "cache_ignored_headers": ["a"]}';
  assert.deepEqual(await requestsOf(() => answerOf(twice(send("/echo", ignoring)))), ["GET /echo"]);
  assert.deepEqual(await requestsOf(() => answerOf(`[${send("/json?status=500")}, ${send("/json?status=500")}]`)), [
    "GET /json?status=500",
    "GET /json?status=500",
  ]);
});

test("network faults are tried again as often as asked", async () => {
  const term = send("/hangup", `{"max_retry_attempts": 2, "method": "post", ${soft}}`);
  assert.equal((await requestsOf(() => answerOf(term))).length, 3);
});

/** Requests of the same term at several times, in seconds from now, with one memory between them. */
async function requestsAt(term: string, times: readonly number[]): Promise<readonly number[]> {
  const httpCache = new BoundedHttpCache();
  const now = BigInt(Date.now()) * 1_000_000n;
  const counts: number[] = [];
  for (const time of times) {
    const nowNs = now + BigInt(time) * 1_000_000_000n;
    const requests = await requestsOf(async () =>
      assert.equal(await answerOf(`${term}.body`, { httpCache, nowNs }), '{"a":1}'),
    );
    counts.push(requests.length);
  }
  return counts;
}

const control = (directives: string): string => `/cached?date=1&control=${encodeURIComponent(directives)}`;

// How many requests reach the server at 0 s, 5 s, 20 s and 25 s; the server confirms its ETag.
const cacheCases: readonly [name: string, term: string, requests: readonly number[]][] = [
  ["not asked to", send(control("max-age=10")), [1, 1, 1, 1]],
  ["max-age", send(control("max-age=10"), '{"cache": true}'), [1, 0, 1, 1]],
  ["no-store", send(control("no-store, max-age=10"), '{"cache": true}'), [1, 1, 1, 1]],
  [
    "no-store, forced",
    send(control("no-store"), '{"force_cache": true, "force_cache_duration_seconds": 10}'),
    [1, 0, 1, 0],
  ],
  ["without a header, confirmed each time", send("/cached?date=1", '{"cache": true}'), [1, 1, 1, 1]],
  ["an unknown mode is not kept", send(control("max-age=10"), '{"cache": true, "caching_mode": "x"}'), [1, 1, 1, 1]],
];

for (const [name, term, requests] of cacheCases) {
  test(`between queries: ${name}`, async () => assert.deepEqual(await requestsAt(term, [0, 5, 20, 25]), requests));
}

test("only allowed hosts are reached, also by redirects and lookups", async () => {
  const allowNet = ["127.0.0.1"];
  assert.equal(await answerOf(`${send("/json")}.body`, { allowNet }), '{"a":1}');
  assert.equal(await answerOf(send("", '{"url": "http://localhost:1/"}'), { allowNet }), "unallowed host: localhost");
  assert.equal(
    await answerOf(send("/redirect?status=302&to=http://localhost:1/", '{"enable_redirect": true}'), { allowNet }),
    'Get "http://localhost:1/": unallowed host: localhost',
  );
  assert.match(await answerOf('net.lookup_ip_addr("localhost")', { allowNet }), /unallowed host: localhost$/);
});

test("requests over a Unix socket", async () => {
  const socket = join(folder, "socket");
  const unix = createServer((request, response) => response.end(request.url));
  await new Promise<void>((resolve) => unix.listen(socket, resolve));
  const url = `unix://localhost/a?socket=${encodeURIComponent(socket)}&b=c`;
  assert.equal(await answerOf(`${send("", `{"url": "${url}"}`)}.raw_body`), '"/a?b=c"');
  unix.closeAllConnections();
  unix.close();
});

test("names are looked up", async () => {
  assert.match(await answerOf('net.lookup_ip_addr("localhost")'), /127\.0\.0\.1|::1/);
  assert.match(
    await answerOf('net.lookup_ip_addr("name.invalid")'),
    /lookup name\.invalid: (no such host|server misbehaving)$/,
  );
});
