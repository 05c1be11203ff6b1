import assert from "node:assert/strict";
import { test } from "node:test";
import { ExternalSecretError } from "./external-secret.ts";
import { renderTemplate } from "./template.ts";

const data = new Map(
  Object.entries({
    user: "ann",
    password: 'p"w',
    "a-b": "dash",
    empty: "",
    json: '{"host":"h","more":{"n":7}}',
    control: "tab\tbell\u0007\u2028é",
    list: "[0,1,2,3,4,5,6,7,8,9,10]",
    nested: '{"b":"<&","a":[{"c":1}]}',
  }).map(([key, value]) => [key, Buffer.from(value)] as const),
);

/** Template, and what Go's text/template makes of it, with sprig where a function is sprig's. */
const cases: readonly (readonly [string, string])[] = [
  ["plain", "plain"],
  ["postgres://{{ .user }}:{{ .password | urlquery }}@db", "postgres://ann:p%22w@db"],
  ['{{ index . "a-b" }}', "dash"],
  ["a\n  {{- .user -}}  \n b", "aannb"],
  ["{{/* told */}}x{{- /* more */ -}} y", "xy"],
  ['{{ "a\\tb" }}{{ `raw\\n` }}{{ 7 }}{{ true }}', "a\tbraw\\n7true"],
  ["{{ .user | upper | quote }}", '"ANN"'],
  ['{{ printf "%s=%v %q 100%%" .user 7 .password }}', 'ann=7 "p\\"w" 100%'],
  ["{{ if .empty }}a{{ else if .user }}b{{ else }}c{{ end }}", "b"],
  ["{{ if and .user .empty }}a{{ else }}c{{ end }}", "c"],
  ['{{ if or .empty (eq .user "bob" "ann") }}yes{{ end }}', "yes"],
  ["{{ or .empty .user }}{{ and .user .password }}", 'annp"w'],
  ['{{ if eq .user "bob" "ann" }}yes{{ end }}{{ if not (ne 1 1) }}!{{ end }}', "yes!"],
  ["{{ with .user }}{{ . }}{{ $.password | b64enc }}{{ end }}", "anncCJ3"],
  ["{{ with .empty }}a{{ else }}none{{ end }}", "none"],
  ["{{ range $k, $v := . }}{{ $k }};{{ end }}", "a-b;control;empty;json;list;nested;password;user;"],
  ['{{ $x := .user }}{{ if true }}{{ $x | replace "n" "m" }}{{ end }}', "amm"],
  ["{{ (.json | fromJson).host }}", "h"],
  ["{{ with .json | fromJson }}{{ .more.n }}{{ .more | toJson }}{{ end }}", '7{"n":7}'],
  ['{{ .empty | default "other" }}', "other"],
  ['{{ "  a " | trim }}{{ "xaxx" | trimAll "x" }}{{ trimPrefix "a" "ab" }}{{ trimSuffix "b" "ab" }}', "aaba"],
  ['{{ "a\\nb" | indent 2 }}{{ "c" | nindent 1 }}', "  a\n  b\n c"],
  ['{{ ternary "y" "n" (hasPrefix "a" .user) }}{{ len .user }}', "y3"],
  ['{{ "YQ==" | b64dec }}{{ .user | sha256sum | len }}', "a64"],
  ['{{ "a!b\'(c)* d~&=" | urlquery }}', "a%21b%27%28c%29%2A+d~%26%3D"],
  ["{{ .control | quote }}", '"tab\\tbell\\a\\u2028é"'],
  [
    "{{ with .list | fromJson }}{{ range . }}{{ . }};{{ end }}{{ len . }}{{ index . 10 }}{{ end }}",
    "0;1;2;3;4;5;6;7;8;9;10;1110",
  ],
  ["{{ range $i, $x := .list | fromJson }}{{ if lt $i 2 }}{{ $i }}={{ $x }} {{ end }}{{ end }}", "0=0 1=1 "],
  ['{{ if and (lt 1 2) (ge 2 2) (gt "b" "a") (le "a" "a") }}yes{{ end }}', "yes"],
  ['{{ list "b" "a" | toJson }}{{ .nested | fromJson | toJson }}', '["b","a"]{"a":[{"c":1}],"b":"\\u003c\\u0026"}'],
  ["{{ .nested | fromJson | toRawJson }}", '{"a":[{"c":1}],"b":"<&"}'],
  [
    '{{ "a,b,c" | splitList "," | join "-" }}{{ first (list 1 2) }}{{ last (list 1 2) }}{{ list 1 "a" }}',
    "a-b-c12[1 a]",
  ],
  ['{{ if has "b" (list "a" "b") }}yes{{ end }}{{ coalesce "" 0 .user }}{{ nospace " a b\\n" }}', "yesannab"],
  ['{{ trunc 2 "abc" }}{{ trunc -2 "abc" }}{{ trunc 9 "abc" }}', "abbcabc"],
  ['{{ "a" | sha1sum }}{{ "a" | sha512sum | len }}', "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8128"],
];

for (const [template, wanted] of cases)
  test(`a template as Go renders it: ${JSON.stringify(template)}`, () => {
    assert.equal(renderTemplate(template, data), wanted);
  });

test("YAML and PEM are read and written, which are External Secrets' own", () => {
  const pem = (type: string, body: string) => `-----BEGIN ${type}-----\n${body}\n-----END ${type}-----\n`;
  const chain = `text\n${pem("CERTIFICATE", "QQ==")}${pem("PRIVATE KEY", "Qg==")}${pem("CERTIFICATE", "Qw==")}`;
  const values = new Map([["chain", Buffer.from(chain)]]);
  assert.equal(
    renderTemplate('{{ .chain | filterPEM "CERTIFICATE" }}', values),
    `${pem("CERTIFICATE", "QQ==")}${pem("CERTIFICATE", "Qw==")}`,
  );
  assert.equal(renderTemplate('{{ .chain | filterPEM "PRIVATE KEY" }}', values), pem("PRIVATE KEY", "Qg=="));
  assert.equal(renderTemplate("{{ .json | fromJson | toYaml }}", data), 'host: h\nmore:\n  "n": 7');
  assert.equal(renderTemplate('{{ ("a: [1, {b: c}]" | fromYaml).a | toJson }}', data), '[1,{"b":"c"}]');
  const refused = (template: string, fault: string) =>
    assert.throws(() => renderTemplate(template, data), new ExternalSecretError(`template: ${fault}`));
  refused('{{ .password | filterPEM "CERTIFICATE" }}', "filterPEM: the value has no block of PEM");
  refused('{{ "a: [" | fromYaml }}', "fromYaml: the value is no YAML");
  refused('{{ lt 1 "a" }}', "two numbers or two texts are compared");
  refused("{{ index (.list | fromJson) 11 }}", "index: the list has no such place");
});

test("what a template must not say is refused, and no value is shown", () => {
  const refused = (template: string, fault: string) =>
    assert.throws(() => renderTemplate(template, data), new ExternalSecretError(`template: ${fault}`));
  refused("{{ .none }}", "no key none");
  refused("{{ .user.more }}", "no key more");
  refused("{{ .user | genPrivateKey }}", "function genPrivateKey is not known here");
  refused("{{ .user", "{{ without }}");
  refused("{{ if .user }}", "{{ if }} has no {{ end }}");
  refused("{{ end }}", "{{ end }} has no beginning");
  refused("{{ (.user }}", "( without )");
  refused("{{ .user .user }}", ".user .user: .user is one too many");
  refused("{{ .user | .user }}", "behind a | a function is expected");
  refused("{{ | upper }}", "an expression is expected");
  refused("{{ }}", "an expression is expected");
  refused("{{ $x }}", "no variable $x");
  refused("{{ . }}", "a map is printed by toJson alone");
  refused("{{ range .user }}{{ end }}", "range: expected a map, such as .");
  refused("{{ upper }}", "a function takes 1 values and has 0");
  refused("{{ .user | fromJson }}", "fromJson: the value is no JSON");
  refused('{{ "a" | indent 5000 }}', "indent: expected a number from 0 to 1000");
  refused('{{ printf "%x" .user }}', "printf: %x is not known here");
  refused('{{ required "name the user" .empty }}', "name the user");
  refused(`${"{{ if true }}".repeat(102)}${"{{ end }}".repeat(102)}`, "more than 100 blocks within each other");
  refused(`{{ ${"(".repeat(102)}1${")".repeat(102)} }}`, "more than 100 parentheses within each other");
});
