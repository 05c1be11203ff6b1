import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonText } from "../value/json.ts";
import type { Value } from "../value/value.ts";
import { answerOf } from "./answer.ts";
import { uri } from "./uri.ts";

// Each answer is what `opa eval` 1.19 gives, or the error that it shows.
const cases: readonly [name: string, args: readonly Value[], answer: string][] = [
  [
    "uri.parse",
    ["http://user:p%40ss@example.com:8080/a%20b/c%2Fd?x=1&y=%zz#frag%20x"],
    '{"fragment":"frag x","hostname":"example.com","path":"/a b/c/d","port":"8080","raw_path":"/a%20b/c%2Fd","raw_query":"x=1&y=%zz","scheme":"http"}',
  ],
  ["uri.parse", [""], "{}"],
  ["uri.parse", ["*"], '{"path":"*","raw_path":"*"}'],
  ["uri.parse", [":foo"], 'parse ":foo": missing protocol scheme'],
  ["uri.parse", ["a:b"], '{"scheme":"a"}'],
  ["uri.parse", ["foo:bar/baz"], '{"scheme":"foo"}'],
  ["uri.parse", ["a/b:c"], '{"path":"a/b:c","raw_path":"a/b:c"}'],
  ["uri.parse", ["1a:b"], 'parse "1a:b": first path segment in URL cannot contain colon'],
  ["uri.parse", ["mailto:joe@x.org"], '{"scheme":"mailto"}'],
  ["uri.parse", ["//host/path"], '{"hostname":"host","path":"/path","raw_path":"/path"}'],
  ["uri.parse", ["///path"], '{"path":"///path","raw_path":"///path"}'],
  ["uri.parse", ["http:///path"], '{"path":"/path","raw_path":"/path","scheme":"http"}'],
  ["uri.parse", ["http://[::1]:80/x"], '{"hostname":"::1","path":"/x","port":"80","raw_path":"/x","scheme":"http"}'],
  [
    "uri.parse",
    ["http://[::1%25en0]:80/x"],
    '{"hostname":"::1%en0","path":"/x","port":"80","raw_path":"/x","scheme":"http"}',
  ],
  ["uri.parse", ["http://[::1"], "parse \"http://[::1\": missing ']' in host"],
  ["uri.parse", ["http://[::1]x"], 'parse "http://[::1]x": invalid port "x" after host'],
  ["uri.parse", ["http://[1.2.3.4]/"], 'parse "http://[1.2.3.4]/": invalid IP-literal'],
  ["uri.parse", ["http://[zz]/"], 'parse "http://[zz]/": invalid host: ParseAddr("zz"): unable to parse IP'],
  ["uri.parse", ["http://a[::1]/"], 'parse "http://a[::1]/": invalid IP-literal'],
  ["uri.parse", ["http://host:port/"], 'parse "http://host:port/": invalid port ":port" after host'],
  ["uri.parse", ["http://a:b:c/"], 'parse "http://a:b:c/": invalid port ":c" after host'],
  ["uri.parse", ["http://a:1:2/"], '{"hostname":"a:1","path":"/","port":"2","raw_path":"/","scheme":"http"}'],
  ["uri.parse", ["mongodb://a:1,b:2/"], '{"hostname":"a:1,b","path":"/","port":"2","raw_path":"/","scheme":"mongodb"}'],
  ["uri.parse", ["http://ho st/"], 'parse "http://ho st/": invalid character " " in host name'],
  ["uri.parse", ["http://ho%20st/"], 'parse "http://ho%20st/": invalid URL escape "%20"'],
  ["uri.parse", ["http://ho%C3%A4st/"], '{"hostname":"hoäst","path":"/","raw_path":"/","scheme":"http"}'],
  [
    "uri.parse",
    ["http://höst/ü?ä#ö"],
    '{"fragment":"ö","hostname":"höst","path":"/ü","raw_path":"/ü","raw_query":"ä","scheme":"http"}',
  ],
  ["uri.parse", ["http://us er@h/"], 'parse "http://us er@h/": net/url: invalid userinfo'],
  ["uri.parse", ["http://h/%"], 'parse "http://h/%": invalid URL escape "%"'],
  ["uri.parse", ["http://h/%4"], 'parse "http://h/%4": invalid URL escape "%4"'],
  ["uri.parse", ["http://h/%zz"], 'parse "http://h/%zz": invalid URL escape "%zz"'],
  ["uri.parse", ["http://h/a#%zz"], 'parse "http://h/a#%zz": invalid URL escape "%zz"'],
  ["uri.parse", ["http://h/a b!'()*"], '{"hostname":"h","path":"/a b!\'()*","raw_path":"/a b!\'()*","scheme":"http"}'],
  ["uri.parse", ["http://h/\n"], 'parse "http://h/\\n": net/url: invalid control character in URL'],
  ["uri.parse", ["HTTP://EXAMPLE.com?"], '{"hostname":"EXAMPLE.com","scheme":"http"}'],
  ["uri.parse", ["http://h?a?b"], '{"hostname":"h","raw_query":"a?b","scheme":"http"}'],
  ["uri.parse", ["../a/./b"], '{"path":"../a/./b","raw_path":"../a/./b"}'],
  ["uri.parse", ["/a//b"], '{"path":"/a//b","raw_path":"/a//b"}'],
  ["uri.parse", ["http://h/ä%20"], '{"hostname":"h","path":"/ä ","raw_path":"/ä%20","scheme":"http"}'],
  ["uri.parse", ["http://h:/x"], '{"hostname":"h","path":"/x","raw_path":"/x","scheme":"http"}'],
  ["uri.parse", [1], "operand 1 must be string but got number"],
  ["uri.is_valid", ["http://x"], "true"],
  ["uri.is_valid", [""], "false"],
  ["uri.is_valid", ["http://["], "false"],
  ["uri.is_valid", [1], "false"],
  ["uri.is_valid", [null], "false"],
];

for (const [name, args, answer] of cases) {
  test(`${name}(${args.map(jsonText).join()})`, () => {
    assert.equal(answerOf(uri, name, args), answer);
  });
}
