import { randomTape, Tape } from "./tape.ts";

/** A term whose value is the same each time, though what it calls asks the rule, the process, the clock, chance or the world. */
export interface BuiltinTerm {
  /** The builtin that it is about. */
  readonly name: string;
  /** Rego text; `input` holds the addresses of servers, and certificates. */
  readonly term: string;
  /** Before the rule, with its annotations. */
  readonly before?: string;
}

const annotated = "# METADATA\n# title: a\n# custom:\n#  b: [1]";

const fixed: readonly (readonly [name: string, term: string, before?: string])[] = [
  ["assign", "[x | x := 1]"],
  ["assign", "[[x, y] | [x, [y]] := [1, [2]]]"],
  ["eq", "[[x, y] | [x, 1] = [2, y]]"],
  ["eq", "1 = 1.0"],
  ["trace", 'trace("a")'],
  ["trace", 'trace(concat("", [1 | false]))'],
  ["print", 'print("a", {1}, null)'],
  ["print", "[1 | print({}.a)]"],
  ["internal.print", "internal.print([{1}])"],
  ["internal.print", "internal.print([1])"],
  ["internal.member_2", "internal.member_2(1, [1])"],
  ["internal.template_string", 'internal.template_string(["a", {1}, {[{"b": null}]}])'],
  ["internal.template_string", 'internal.template_string(["a", {1, 2}])'],
  ["internal.template_string", 'internal.template_string(["a", set()])'],
  ["internal.test_case", "internal.test_case([1])"],
  ["rego.metadata.rule", "rego.metadata.rule()", annotated],
  ["rego.metadata.rule", "rego.metadata.rule()"],
  ["rego.metadata.chain", "rego.metadata.chain()", annotated],
  ["rego.metadata.chain", "rego.metadata.chain()"],
  [
    "rego.metadata.chain",
    "[each.path | some each in rego.metadata.chain()]",
    "# METADATA\n# scope: document\n# title: c",
  ],
  ["opa.runtime", "object.keys(opa.runtime())"],
  ["opa.runtime", "[is_string(opa.runtime().version), is_object(opa.runtime().env)]"],
  ["time.now_ns", "[time.now_ns() == time.now_ns(), time.now_ns() > 1700000000000000000]"],
  ["uuid.rfc4122", '[uuid.rfc4122("a") == uuid.rfc4122("a"), uuid.rfc4122("a") == uuid.rfc4122("b")]'],
  ["uuid.rfc4122", '[uuid.parse(uuid.rfc4122("a"))[name] | some name in ["version", "variant"]]'],
  [
    "rand.intn",
    '[rand.intn("a", 1000000) == rand.intn("a", 1000000), rand.intn("a", 1), rand.intn("a", -1), rand.intn("a", 0)]',
  ],
  ["rand.intn", '[x | some i in numbers.range(1, 50); x := rand.intn(sprintf("%d", [i]), 3); not x in {0, 1, 2}]'],
  ["rand.intn", '[x | some i in numbers.range(1, 50); x := rand.intn(sprintf("%d", [i]), -3); not x in {0, 1, 2}]'],
  ["net.lookup_ip_addr", 'net.lookup_ip_addr("localhost")'],
  ["net.lookup_ip_addr", 'net.lookup_ip_addr("127.0.0.1")'],
  ["net.lookup_ip_addr", 'net.lookup_ip_addr("::1")'],
  ["net.lookup_ip_addr", 'net.lookup_ip_addr("1.2.3.4.5")'],
  ["net.lookup_ip_addr", 'net.lookup_ip_addr("name.invalid")'],
  ["net.lookup_ip_addr", 'net.lookup_ip_addr("")'],
  ["net.lookup_ip_addr", 'net.lookup_ip_addr("a b")'],
];

export const fixedTerms: readonly BuiltinTerm[] = fixed.map(([name, term, before]) => ({
  name,
  term,
  ...(before === undefined ? {} : { before }),
}));

/** Paths that the test server answers, in many ways. */
const paths = [
  ...[
    "/json",
    "/json?status=404",
    "/json?status=500",
    "/echo",
    "/echo?a=b%20c&d",
    "/headers",
    "/gzip",
    "/none",
    "/host",
  ],
  ...["/type?type=application/json&body=[1", "/type?type=application/problem%2Bjson&body=%7B%22a%22:1e100%7D"],
  ...[
    "/type?type=text/yaml&body=a:%20[b",
    "/type?type=application/yaml&body=a:%201",
    "/type?body=%22a%22",
    "/type?type=text/json",
  ],
  ...["/type?type=application/json;%20charset=utf-8&body=%20null%20", "/type?type=application/json&body=1%202"],
  ...["/redirect?status=301&to=/json", "/redirect?status=303&to=/echo", "/redirect?status=308&to=/echo"],
  ...[
    "/redirect?status=302&to=",
    "/redirect?status=302",
    "/redirect?status=302&to=/redirect?status=302",
    "/hangup",
    "",
  ],
  ...[
    "/cached?control=max-age=10",
    "/json?status=204",
    "/json?status=304",
    "/json?status=599",
    "/json?status=299",
    "#f",
    "/a b",
    "/%zz",
  ],
];

const methods = ["get", "GET", "post", "PUT", "delete", "patch", "head", "options", "FOO", "", "a b", "trace"];

const tlsFields = [
  '"tls_ca_cert": input.tls.authority, "tls_server_name": "other"',
  ...['"tls_ca_cert": input.tls.authority', '"tls_insecure_skip_verify": true', '"tls_insecure_skip_verify": "1"'],
  ...['"tls_ca_cert": "x"', '"tls_ca_cert_file": "/nonexistent"', '"tls_use_system_certs": true'],
  ...[
    '"tls_client_cert": input.tls.client.certificate',
    '"tls_client_key": input.tls.client.key',
    '"tls_client_key": "x"',
  ],
  ...['"tls_ca_cert_env_variable": "NONE"', '"tls_client_cert_file": "/none", "tls_client_key_file": "/none"'],
  '"tls_client_cert": input.tls.client.certificate, "tls_client_key": input.tls.client.key',
];

/** Go tells the one of them that it meets first, in no order. */
const invalidHeaders = ['"headers": {"x a": "b"}', '"headers": {"a": "b\\nc"}'];

const fields = [
  ...[
    '"raise_error": false',
    '"raise_error": true',
    '"raise_error": "x"',
    '"force_json_decode": true',
    '"force_json_decode": 1',
  ],
  ...['"force_yaml_decode": true', '"enable_redirect": true', '"enable_redirect": "true"', '"enable_redirect": null'],
  ...[
    '"body": {"a": [1, "<&>"]}',
    '"body": "text"',
    '"body": null',
    '"raw_body": "raw"',
    '"raw_body": 1',
    '"body": {1}',
  ],
  ...['"headers": {"x-a": "b", "Content-Type": "a/b"}', '"headers": {"host": "example.com"}', '"headers": {"a": null}'],
  ...invalidHeaders,
  ...['"headers": {}', '"headers": null', '"headers": {"Content-Length": "9"}'],
  ...[
    '"timeout": "5s"',
    '"timeout": 5000000000',
    '"timeout": "5"',
    '"timeout": "5x"',
    '"timeout": null',
    '"timeout": 1.5',
    '"timeout": 0',
  ],
  ...[
    '"cache": true',
    '"cache": "x"',
    '"force_cache": true',
    '"force_cache": true, "force_cache_duration_seconds": 10',
  ],
  ...[
    '"force_cache_duration_seconds": "x"',
    '"force_cache": true, "force_cache_duration_seconds": "x"',
    '"caching_mode": "deserialized"',
  ],
  ...[
    '"caching_mode": 1',
    '"cache_ignored_headers": ["x-a"]',
    '"cache_ignored_headers": "x"',
    '"cache_ignored_headers": null',
  ],
  ...['"max_retry_attempts": 1', '"max_retry_attempts": "1"', '"max_retry_attempts": 1.5', '"unknown": 1', "1: 2"],
  ...[
    '"enable_redirect": true',
    '"raise_error": false',
    '"url": "unix://localhost/a?socket=%2Fnone"',
    '"url": "http://127.0.0.1:1/"',
  ],
  ...['"url": 1', '"url": ""', '"url": "ftp://a"', '"url": "http://[::1"', '"url": "//a"'],
];

/** Requests to the servers of the input. */
function httpTerm(tape: Tape): BuiltinTerm {
  const base = tape.pick(["http", "http", "https", "strict"]);
  const ofTls = base === "http" ? [] : [tape.pick(tlsFields), ...tape.list(2, () => tape.pick(tlsFields))];
  const parts = [
    `"method": "${tape.oneIn(3) ? tape.pick(methods) : "get"}"`,
    `"url": concat("", [input.${base}, "${tape.pick(paths)}"])`,
    ...ofTls,
    ...tape.list(3, () => tape.pick(fields)),
  ];
  const invalid = parts.find((part) => invalidHeaders.includes(part));
  const told = parts.filter((part) => part === invalid || !invalidHeaders.includes(part));
  const union = told.map((part) => `{${part}}`).join(", ");
  return { name: "http.send", term: `http.send(object.union_n([${union}]))` };
}

const awsRequests = [
  ...[
    '{"method": "get", "url": "https://a.s3.amazonaws.com/b%20c?x=2&a=1"}',
    '{"method": "POST", "url": "http://a:8000/", "body": {"a": 1}}',
  ],
  ...[
    '{"method": "get", "url": "https://a/", "headers": {"X-B": " c  d ", "host": "e"}}',
    '{"url": "https://a/"}',
    "{}",
    "null",
  ],
  ...[
    '{"method": "put", "url": "https://a/%2F/../b", "raw_body": "abc"}',
    '{"method": "get", "url": ":"}',
    '{"method": 1, "url": 2}',
  ],
  ...[
    '{"method": "get", "url": "https://a/", "headers": {"a": 1}}',
    '{"method": "get", "url": "https://a/", "headers": []}',
  ],
  ...[
    '{"method": "get", "url": "https://a/é", "headers": {"x-amz-content-sha256": "x"}}',
    '{"method": "get", "url": "https://a/", "body": "x"}',
  ],
];

const awsConfigs = [
  ...['{"aws_service": "s3", "aws_access_key": "A", "aws_secret_access_key": "S", "aws_region": "us-east-1"}'],
  ...[
    '{"aws_service": "es", "aws_access_key": "A", "aws_secret_access_key": "S", "aws_region": "eu-1", "aws_session_token": "T"}',
  ],
  ...[
    '{"aws_service": "s3", "aws_access_key": "A", "aws_secret_access_key": "S", "aws_region": "us-east-1", "disable_payload_signing": true}',
  ],
  ...[
    '{"aws_service": "s3", "aws_access_key": "A", "aws_secret_access_key": "S", "aws_region": "us-east-1", "disable_payload_signing": 1}',
  ],
  ...[
    '{"aws_service": "s3", "aws_access_key": "A", "aws_secret_access_key": "S"}',
    '{"aws_service": 1, "aws_access_key": "A", "aws_secret_access_key": "S", "aws_region": "a"}',
  ],
  ...["{}", "null", '{"aws_service": "glacier", "aws_access_key": "", "aws_secret_access_key": "", "aws_region": ""}'],
];

function awsTerm(tape: Tape): BuiltinTerm {
  const time = tape.pick(["1577934245000000000", "0", "-1", "1.5", '"x"', "1e30", "9223372036854775807"]);
  const term = `providers.aws.sign_req(${tape.pick(awsRequests)}, ${tape.pick(awsConfigs)}, ${time})`;
  return { name: "providers.aws.sign_req", term };
}

/** Terms that chance chooses; the same seed makes the same ones. */
export function randomTerms(count: number, seed: number): readonly BuiltinTerm[] {
  return Array.from({ length: count }, (_, i) => (i % 3 === 0 ? awsTerm : httpTerm)(new Tape(randomTape(seed, i))));
}
